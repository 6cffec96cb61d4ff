import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.compose.shadow import contact_shadow


def in_frame(alpha: np.ndarray, margin: int = 100) -> np.ndarray:
    """Draw the shadow on a canvas that is `margin` pixels larger than the object on all sides."""
    box, shade = contact_shadow(alpha)
    canvas = np.zeros([side + 2 * margin for side in alpha.shape], np.float32)
    canvas[margin + box.y : margin + box.bottom, margin + box.x : margin + box.right] = shade
    return canvas


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    """A top on two legs, 120 wide; the legs are 10 wide and 60 long."""
    alpha = np.zeros((80, 120), np.float32)
    alpha[:20] = alpha[:, :10] = alpha[:, -10:] = 1
    return alpha


def test_the_shadow_is_darkest_right_at_the_feet(table):
    shade = in_frame(table)
    foot, beside, far = shade[181, 105], shade[181, 125], shade[181, 60]
    assert foot > 0.5 and foot > 1.5 * beside and far < 0.02


def test_the_shadow_of_a_symmetric_object_is_symmetric(table):
    shade = in_frame(table)
    np.testing.assert_allclose(shade, shade[:, ::-1], atol=1e-3)


def test_the_shadow_stays_at_the_foot(table):
    """Nothing is darkened beside the top or far in front of the feet."""
    shade = in_frame(table)
    assert shade[:125].max() < 0.05 and shade[200:].max() < 0.02


def test_the_flowers_shadow_is_below_its_middle(flower):
    _, matte = flower
    rows, columns = np.flatnonzero(matte.any(1)), np.flatnonzero(matte.any(0))
    alpha = matte[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    shade = in_frame(alpha)
    down, across = np.unravel_index(shade.argmax(), shade.shape)
    assert abs(across - 100 - alpha.shape[1] / 2) < 12 and down > 100 + 0.85 * alpha.shape[0]


def test_an_empty_matte_casts_no_shadow():
    box, shade = contact_shadow(np.zeros((40, 30), np.float32))
    assert box.width == box.height == 0 and not shade.size


def test_what_lets_light_through_casts_less_of_a_shadow(table):
    np.testing.assert_allclose(in_frame(table * np.float32(0.4)), in_frame(table) * 0.4, atol=1e-6)


def test_the_shadow_scales_with_the_object(table):
    small, large = in_frame(table), in_frame(np.repeat(np.repeat(table, 10, 0), 10, 1), 1000)
    large = cv2.resize(large, small.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small - large).mean() < 0.02


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60))
def test_the_shade_of_any_matte_is_between_0_and_1(seed, width, height):
    alpha = np.random.default_rng(seed).random((height, width), np.float32)
    box, shade = contact_shadow(alpha)
    assert shade.shape == (box.height, box.width)
    assert shade.size == 0 or 0 <= shade.min() <= shade.max() <= 1
