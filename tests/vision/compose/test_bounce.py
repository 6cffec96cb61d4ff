import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.compose.bounce import bounce_light
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.shapes import Box

BOX = Box(40, 20, 30, 60)


@pytest.fixture
def lawn() -> np.ndarray:
    return np.full((120, 120, 3), (80, 130, 50), np.uint8)


@pytest.fixture
def gray() -> np.ndarray:
    sticker = np.full((60, 30, 4), 255, np.uint8)
    sticker[..., :3] = 170
    return sticker


def test_a_lawn_makes_the_foot_a_little_greener(lawn, gray):
    change = to_lab(bounce_light(gray, lawn, BOX, 0.1)[..., :3]) - to_lab(gray[..., :3])
    foot, head = change[-1, 15], change[:45]
    assert -6 < foot[1] < -1 and foot[2] > 1
    assert not head.any()


def test_lightness_hardly_changes(lawn, gray):
    change = to_lab(bounce_light(gray, lawn, BOX, 0.1)[..., :3]) - to_lab(gray[..., :3])
    assert np.abs(change[..., 0]).max() < 1


def test_gray_ground_changes_nothing(gray):
    np.testing.assert_array_equal(
        bounce_light(gray, np.full((120, 120, 3), 120, np.uint8), BOX, 0.5), gray
    )


def test_strength_0_changes_nothing(lawn, gray):
    assert bounce_light(gray, lawn, BOX, 0.0) is gray


def test_black_stays_black(lawn, gray):
    gray[..., :3] = 0
    assert not bounce_light(gray, lawn, BOX, 1.0)[..., :3].any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-40, 130), st.integers(-40, 130))
def test_the_change_is_bounded_wherever_the_object_is(seed, x, y):
    rng = np.random.default_rng(seed)
    scene = rng.integers(0, 256, (100, 110, 3), np.uint8)
    layer = rng.integers(0, 256, (24, 18, 4), np.uint8)
    lit = bounce_light(layer, scene, Box(x, y, 18, 24), 0.1)
    np.testing.assert_array_equal(lit[..., 3], layer[..., 3])
    assert np.abs(lit.astype(int) - layer).max() <= 13
