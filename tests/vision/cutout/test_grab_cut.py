import cv2
import numpy as np
import pytest

from nst_pipeline.vision.cutout.grab_cut import grab_cut


def test_an_object_is_separated_by_its_colors(disc):
    labels = np.full(disc.alpha.shape, cv2.GC_BGD, np.uint8)
    labels[disc.box.slices] = cv2.GC_PR_FGD
    before = labels.copy()

    mask = grab_cut(disc.photo, labels)

    truth = disc.alpha > 0.5
    assert (mask & truth).sum() / (mask | truth).sum() > 0.97
    assert np.array_equal(labels, before)


def test_the_mask_does_not_depend_on_earlier_random_numbers(disc):
    labels = np.full(disc.alpha.shape, cv2.GC_BGD, np.uint8)
    labels[disc.box.slices] = cv2.GC_PR_FGD
    masks = []
    for seed in (1, 2):
        cv2.setRNGSeed(seed)
        masks.append(grab_cut(disc.photo, labels))

    assert np.array_equal(*masks)


@pytest.mark.parametrize("label", [cv2.GC_BGD, cv2.GC_PR_BGD, cv2.GC_FGD, cv2.GC_PR_FGD])
def test_labels_of_one_kind_are_returned_as_they_are(disc, label):
    mask = grab_cut(disc.photo, np.full(disc.alpha.shape, label, np.uint8))

    assert (mask == (label in (cv2.GC_FGD, cv2.GC_PR_FGD))).all()
