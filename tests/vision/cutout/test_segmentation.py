import numpy as np
import pytest

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.segmentation import (
    BoxMaskParameters,
    Segmentation,
    combine_views,
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


@pytest.mark.parametrize(("level", "agreement"), [(0.95, 1.0), (0.7, 0.8)])
def test_a_network_decides_what_is_cut_out_and_how_sure_it_is(disc, level, agreement):
    def left_half(picture, box):
        probability = np.zeros(picture.shape[:2], np.float32)
        probability[box.slices] = level
        probability[:, box.x + box.width // 2 :] = 0
        return Segmentation(probability, agreement)

    found = Detection(disc.box, "disc", 1.0, "sidecar")
    cutout = cut_out(disc.photo, found, CutoutSettings(matting=False), network=left_half)

    assert cutout.matte[30:130, 30:80].all() and not cutout.matte[:, 80:].any()
    assert cutout.quality == pytest.approx(level * agreement, abs=0.01)
