import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.images.inpaint import InpaintParameters, inpaint_object


@pytest.fixture
def pasted():
    """A red disc on a gradient from dark to light: image and matte."""
    scene = np.tile(np.linspace(60, 200, 160), (120, 1))[..., None].repeat(3, -1).astype(np.uint8)
    matte = np.zeros((120, 160), np.float32)
    cv2.circle(matte, (80, 60), 25, 1.0, -1)
    return np.where(matte[..., None] > 0, np.uint8([200, 0, 0]), scene).astype(np.uint8), matte


def test_an_inpainted_object_takes_the_colors_around_it(pasted):
    image, matte = pasted

    filled = inpaint_object(image, matte)

    np.testing.assert_array_equal(filled[matte == 0], image[matte == 0])
    inside = filled[matte > 0].astype(int)
    assert np.abs(inside[:, 0] - inside[:, 2]).max() < 20  # gray again
    assert np.abs(inside.mean() - 130) < 15


@given(st.integers(1, 40), st.integers(1, 40), st.integers(4, 64), st.integers(0, 255))
def test_a_flat_image_stays_flat_up_to_rounding(height, width, side, level):
    image = np.full((height, width, 3), level, np.uint8)
    matte = np.zeros((height, width), np.float32)
    matte[height // 3 : height // 2, width // 3 : width // 2] = 0.5

    result = inpaint_object(image, matte, parameters=InpaintParameters(side_px=side))

    # cv2.inpaint rounds by up to 2, and the bicubic enlargement overshoots that by 1.
    assert np.abs(result.astype(int) - level).max() <= 3


def test_the_input_is_not_changed(pasted):
    photo, matte = pasted
    before = photo.copy()

    inpaint_object(photo, matte)

    assert np.array_equal(photo, before)
