import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.finish.painted_boundary import BlendParameters, blend_boundary
from nst_pipeline.vision.harmonize.model.seam import step_ratio
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def paste(cup) -> tuple[np.ndarray, np.ndarray]:
    """The cup's photo with a lighter cup pasted by a hard mask."""
    photo, matte = cup
    hard = np.rint(matte)
    lighter = np.clip(photo.astype(int) + 60, 0, 255)
    return np.where(hard[..., None] > 0, lighter, photo).astype(np.uint8), hard


def test_the_scenes_colors_reach_a_little_into_the_object(paste):
    image, matte = paste
    blended = blend_boundary(image, matte)
    before, after = (step_ratio(to_lab(each), matte > 0.5) for each in (image, blended))
    assert after < before - 0.3
    changed = (blended != image).any(-1)
    depth = cv2.distanceTransform(matte.astype(np.uint8), cv2.DIST_L2, 5)
    assert changed.any() and not changed[matte == 0].any()
    assert depth[changed].max() <= BlendParameters().width_px[0] + 0.5


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_without_an_outline_nothing_changes(cup, value):
    photo, matte = cup
    np.testing.assert_array_equal(blend_boundary(photo, np.full_like(matte, value)), photo)
