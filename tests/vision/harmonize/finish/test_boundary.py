import numpy as np
import pytest

from nst_pipeline.vision.harmonize.finish.boundary import (
    BLENDED,
    BLURRED,
    blend_boundary,
    soften_boundary,
)
from nst_pipeline.vision.harmonize.model.seam import step_ratio
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def paste(cup) -> tuple[np.ndarray, np.ndarray]:
    """The cup's photo with a lighter cup pasted by a hard mask."""
    photo, matte = cup
    hard = np.rint(matte)
    lighter = np.clip(photo.astype(int) + 60, 0, 255)
    return np.where(hard[..., None] > 0, lighter, photo).astype(np.uint8), hard


def test_a_hard_outline_is_softened(paste):
    image, matte = paste
    before, after = to_lab(image), to_lab(soften_boundary(image, matte))
    assert step_ratio(after, matte > 0.5) < step_ratio(before, matte > 0.5) - 0.2


def test_only_the_outermost_pixels_inside_change(paste):
    import cv2

    image, matte = paste
    changed = (soften_boundary(image, matte) != image).any(-1)
    depth = cv2.distanceTransform(matte.astype(np.uint8), cv2.DIST_L2, 5)
    assert changed.any() and not changed[matte == 0].any()
    assert depth[changed].max() <= BLURRED.reach * BLURRED.width_px[0] + 0.5


def test_a_photos_own_outline_is_unchanged(cup):
    photo, matte = cup
    np.testing.assert_array_equal(soften_boundary(photo, matte), photo)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_without_an_outline_nothing_changes(cup, value):
    photo, matte = cup
    for soften in (soften_boundary, blend_boundary):
        np.testing.assert_array_equal(soften(photo, np.full_like(matte, value)), photo)


def test_a_paintings_colors_reach_a_little_into_the_object(paste):
    import cv2

    image, matte = paste
    blended = blend_boundary(image, matte)
    before, after = (step_ratio(to_lab(each), matte > 0.5) for each in (image, blended))
    assert after < before - 0.3
    changed = (blended != image).any(-1)
    depth = cv2.distanceTransform(matte.astype(np.uint8), cv2.DIST_L2, 5)
    assert changed.any() and not changed[matte == 0].any()
    assert depth[changed].max() <= BLENDED.width_px[0] + 0.5


def test_a_soft_matte_is_not_softened_again(paste):
    import cv2

    image, matte = paste
    soft = cv2.GaussianBlur(matte, (0, 0), 2)
    np.testing.assert_array_equal(soften_boundary(image, soft), image)


def test_a_mask_that_is_a_pixel_too_small_leaves_no_fringe(paste):
    import cv2

    image, matte = paste
    small = cv2.erode(matte, np.ones((3, 3), np.uint8))
    softened = soften_boundary(image, small)
    lightness = to_lab(image)[..., 0]
    low, high = (
        extreme(lightness, np.ones((7, 7), np.uint8)) for extreme in (cv2.erode, cv2.dilate)
    )
    after = to_lab(softened)[..., 0]
    rim = (small > 0) & (cv2.erode(small, np.ones((3, 3), np.uint8)) == 0)
    assert (after >= low - 1).all() and (after <= high + 1).all()
    assert np.abs(after - lightness)[rim].mean() < 3
