import numpy as np
import pytest

from nst_pipeline.vision.images.color import darken, mean_lab, to_lab, to_rgb


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[::2, ::2].copy()


def test_converting_to_lab_and_back_keeps_the_image(cat):
    assert np.abs(to_rgb(to_lab(cat)).astype(int) - cat).max() <= 1


def test_lab_agrees_with_scikit_image(cat):
    from skimage.color import rgb2lab

    assert np.abs(to_lab(cat) - rgb2lab(cat)).max() < 0.6


def test_half_the_light_is_removed_in_linear_light():
    gray = np.full((2, 2, 3), 188, np.uint8)  # reflects half the light of white
    quarter = darken(gray, np.full((2, 2, 3), 0.5, np.float32))
    assert abs(int(quarter[0, 0, 0]) - 137) <= 1
    np.testing.assert_array_equal(darken(gray, np.zeros((2, 2, 3), np.float32)), gray)


def test_the_mean_color_of_a_sticker_is_that_of_its_opaque_pixels(cat):
    sticker = np.dstack([cat, np.zeros(cat.shape[:2], np.uint8)])
    assert mean_lab(sticker) is None
    sticker[20:60, 30:90, 3] = 255
    expected = to_lab(cat)[20:60, 30:90].reshape(-1, 3).mean(0)
    np.testing.assert_allclose(mean_lab(sticker), expected, atol=0.1)
