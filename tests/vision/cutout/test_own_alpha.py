"""A photo's own transparency is the matte: nothing is estimated, nothing is thresholded."""

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.vision.cutout import crop_sticker, cut_out
from nst_pipeline.vision.detect.transparency import find_cut_out
from nst_pipeline.vision.shapes import Box, Detection

SETTINGS = CutoutSettings()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return data.coffee()[:300, :400]


@pytest.fixture
def alpha() -> np.ndarray:
    """A soft ball, and a pane of glass at alpha 128."""
    rows, columns = np.indices((300, 400))
    ball = np.clip(1.5 - np.hypot(rows - 150, columns - 110) / 80, 0, 1)
    glass = (abs(rows - 150) < 100) & (abs(columns - 310) < 60)
    return np.maximum(np.rint(ball * 255), 128 * glass).astype(np.float32) / 255


NETWORK = load_cutout_network()


def _marked(box: Box, mask=None) -> Detection:
    return Detection(box, "thing", 1.0, "sidecar", mask)


def test_the_matte_is_the_alpha_and_the_colors_are_the_photos(photo, alpha):
    (found,) = find_cut_out(alpha)
    cutout = cut_out(photo, found, SETTINGS, alpha=alpha)
    np.testing.assert_array_equal(cutout.matte, alpha)
    np.testing.assert_array_equal(cutout.colors, photo)
    assert (cutout.quality, cutout.figures) == (1.0, {"given": 1.0})
    pixels, box = crop_sticker(cutout)
    np.testing.assert_array_equal(pixels[..., 3], np.rint(alpha[box.slices] * 255))
    visible = pixels[..., 3] > 0
    np.testing.assert_array_equal(pixels[visible][:, :3], photo[box.slices][visible])


def test_glass_stays_glass_and_is_large_enough_however_clear_it_is(photo):
    alpha = np.zeros((300, 400), np.float32)
    alpha[140:150, 200:240] = 2 / 255
    (found,) = find_cut_out(alpha)
    assert cut_out(photo, found, SETTINGS, alpha=alpha).matte.max() == np.float32(2 / 255)
    large = CutoutSettings(min_area_fraction=0.01)
    assert not cut_out(photo, found, large, alpha=alpha).matte.any()


def test_a_box_chooses_one_of_several_parts_with_all_of_its_soft_edge(photo, alpha):
    tight = cut_out(photo, _marked(Box(35, 75, 150, 150)), SETTINGS, alpha=alpha)
    np.testing.assert_array_equal(tight.matte[:, :240], alpha[:, :240])
    assert not tight.matte[:, 240:].any()


def test_a_box_around_a_piece_of_a_part_is_cut_out_within_the_alpha(disc):
    alpha = np.full(disc.alpha.shape, 0.5, np.float32)
    alpha[:20] = 0
    cutout = cut_out(disc.photo, _marked(disc.box), SETTINGS, network=NETWORK, alpha=alpha)
    assert cutout.matte.max() == 0.5
    assert np.abs(cutout.matte - np.minimum(disc.alpha, alpha)).mean() < 0.01


def test_a_mask_cuts_and_the_alpha_still_bounds_it(photo, alpha):
    mask = np.zeros(alpha.shape, bool)
    mask[100:200, 300:350] = True
    cutout = cut_out(photo, _marked(Box(300, 100, 50, 100), mask), SETTINGS, alpha=alpha)
    assert (cutout.matte <= alpha).all()
    inner = cv2.erode(mask.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    np.testing.assert_array_equal(cutout.matte[inner], alpha[inner])
    np.testing.assert_array_equal(cutout.colors[inner], photo[inner])
    assert not cutout.matte[:, :280].any()
