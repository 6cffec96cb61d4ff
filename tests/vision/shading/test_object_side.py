import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.shading.object_side import object_side


def ball(angle: float, color=(190, 150, 120), seed: int = 0) -> np.ndarray:
    """A rough ball that is lit from `angle`, degrees: 0 from the right, 180 from the left."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    inside = x**2 + y**2 < 0.9
    z = np.sqrt(np.maximum(0.9 - x**2 - y**2, 0))
    light = np.array([np.cos(np.radians(angle)), -0.4, 0.6])
    shade = np.maximum(np.stack([x, y, z], 2) @ light / np.linalg.norm(light), 0) + 0.15
    rough = np.exp(np.random.default_rng(seed).normal(0, 0.2, shade.shape))
    linear = (np.array(color) / 255) ** 2.2 * (shade * rough)[..., None]
    pixels = np.clip(255 * linear ** (1 / 2.2), 0, 255)
    return np.dstack([pixels, 255 * inside]).astype(np.uint8)


@pytest.mark.parametrize(("angle", "side"), [(0, 1), (180, -1)])
def test_the_lit_side_of_a_ball_is_found(angle, side):
    assert object_side(ball(angle)) * side > 0.6


def test_light_from_the_front_has_no_side():
    assert abs(object_side(ball(90))) < 0.2


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 180), st.integers(0, 1000))
def test_a_mirrored_object_is_lit_from_the_other_side(angle, seed):
    sticker = ball(angle, seed=seed)
    assert object_side(sticker[:, ::-1]) == pytest.approx(-object_side(sticker), abs=0.25)


def test_another_color_on_the_other_side_is_no_light():
    sticker = ball(90)
    sticker[:, 48:, :3] = (sticker[:, 48:, :3] * np.array([0.3, 0.5, 1.0])).astype(np.uint8)
    assert object_side(sticker) == 0


def test_a_pattern_is_no_light():
    """Patches of another lightness here and there, as on a cow."""
    sticker, rng = ball(90), np.random.default_rng(3)
    for _ in range(12):
        x, y = (int(v) for v in rng.integers(0, 96, 2))
        patch = np.zeros((96, 96), np.uint8)
        cv2.circle(patch, (x, y), 9, 1, -1)
        sticker[patch > 0, :3] = sticker[patch > 0, :3] // 3
    assert abs(object_side(sticker)) < 0.6


def test_an_empty_sticker_has_no_side():
    assert object_side(np.zeros((20, 20, 4), np.uint8)) == 0
