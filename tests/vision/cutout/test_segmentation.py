import numpy as np
import pytest

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.segmentation import (
    BoxMaskParameters,
    Segmentation,
    combine_views,
    edge_evidence,
    expected_iou,
    mask_in_box,
)
from nst_pipeline.vision.shapes import Box, Detection


def test_the_expected_iou_is_that_of_independent_pixels():
    probability = np.array([[0.9, 0.8], [0.3, 0.0]], np.float32)
    mask = probability > 0.5

    assert expected_iou(probability, mask) == pytest.approx(1.7 / 2.3)
    assert expected_iou(probability, np.zeros_like(mask)) == 0


def test_views_that_contradict_each_other_agree_less():
    left, right = np.zeros((2, 4, 4), np.float32)
    left[:, :2], right[:, 2:] = 1, 1

    assert combine_views([left, left]).agreement == 1
    assert combine_views([left, right]).agreement < 0.5
    assert combine_views([left]).expected_iou is None


def test_holes_below_the_given_probability_stay_open(disc):
    probability = np.where(disc.alpha > 0.5, np.float32(1), np.float32(0))
    probability[70:90, 70:90] = 0.2

    for max_hole_probability, is_filled in ((0.3, False), (0.1, True)):
        parameters = BoxMaskParameters(max_hole_probability=max_hole_probability)
        mask, _ = mask_in_box(probability, disc.box, parameters=parameters)
        assert bool(mask[80, 80]) == is_filled
        assert mask[45, 80]


def test_an_object_stays_in_its_box_but_for_the_slack():
    probability = np.ones((60, 60), np.float32)
    box = Box(20, 20, 20, 20)

    for slack, side in ((0.0, 20), (0.1, 24)):
        mask, _ = mask_in_box(probability, box, parameters=BoxMaskParameters(box_slack=slack))
        assert mask.sum() == side * side


def test_an_outline_on_an_edge_has_more_evidence_than_one_beside_it(disc):
    right = disc.alpha > 0.5

    assert edge_evidence(disc.photo, right) > 0.9
    assert edge_evidence(disc.photo, np.roll(right, 25, axis=1)) < 0.75
    assert edge_evidence(disc.photo, np.zeros_like(right)) == 0


def test_a_network_decides_what_is_cut_out_and_how_good_it_is(disc):
    def left_half(level, agreement):
        def network(picture, box, *, quick=False):
            probability = np.zeros(picture.shape[:2], np.float32)
            probability[box.slices] = level
            probability[:, box.x + box.width // 2 :] = 0
            return Segmentation(probability, agreement)

        return network

    found, settings = Detection(disc.box, "disc", 1.0, "sidecar"), CutoutSettings(matting=False)
    sure = cut_out(disc.photo, found, settings, network=left_half(0.95, 1.0))
    unsure = cut_out(disc.photo, found, settings, network=left_half(0.7, 0.8))

    for cutout in (sure, unsure):
        assert cutout.matte[30:130, 30:80].all() and not cutout.matte[:, 80:].any()
    assert sure.quality > unsure.quality
