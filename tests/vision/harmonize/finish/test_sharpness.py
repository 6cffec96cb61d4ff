import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.finish.sharpness import match_sharpness, measure_edge_blur
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def bike() -> tuple[np.ndarray, np.ndarray]:
    """A photo that is sharp all over, and the matte of a part of it."""
    from skimage import data

    photo = data.stereo_motorcycle()[0]
    matte = np.zeros(photo.shape[:2], np.float32)
    cv2.ellipse(matte, (360, 260), (140, 110), 0, 0, 360, 1.0, -1)
    return photo, matte


@pytest.mark.parametrize(("sharper", "softer"), [(0.6, 1.0), (1.0, 1.5), (1.0, 2.0)])
def test_two_edges_differ_by_the_blur_between_them(sharper, softer):
    stripes = np.repeat(np.tile([10.0, 90.0], 5), 30)
    sharp = np.tile(stripes, (300, 1)).astype(np.float32)
    everywhere = np.ones(sharp.shape, bool)
    one, other = (
        measure_edge_blur(cv2.GaussianBlur(sharp, (0, 0), sigma), everywhere)[0]
        for sigma in (sharper, softer)
    )
    between = np.sqrt(other**2 - one**2)
    assert abs(between - np.sqrt(softer**2 - sharper**2)) < 0.15


def test_a_region_without_clear_edges_is_not_measured():
    slope = np.tile(np.linspace(0, 90, 300, dtype=np.float32), (300, 1))
    assert measure_edge_blur(slope, np.ones(slope.shape, bool)) == [None]


def test_a_sharp_object_in_a_soft_scene_is_blurred(bike):
    photo, matte = bike
    soft = cv2.GaussianBlur(photo, (0, 0), 1.4)
    image = np.where(matte[..., None] > 0.5, photo, soft)
    result = match_sharpness(image, matte)
    inside = matte > 0.5
    before, after = (measure_edge_blur(to_lab(each)[..., 0], inside)[0] for each in (image, result))
    assert after > before + 0.3
    np.testing.assert_array_equal(result[~inside], image[~inside])


def test_a_photo_of_one_sharpness_is_unchanged(bike):
    np.testing.assert_array_equal(match_sharpness(*bike), bike[0])
