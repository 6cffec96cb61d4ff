"""Scenes with a known sun: posts on level ground, painted without the code under test."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

HEIGHT, WIDTH = 320, 420
HORIZON = 120
FOCAL = 420.0

PaintScene = Callable[..., np.ndarray]


def _pixel(x: float, z: float) -> tuple[float, float]:
    """Project a point of the ground; lengths are camera heights."""
    return WIDTH / 2 + FOCAL * x / z, HORIZON + FOCAL / z


def _shadows(posts, direction: float, length: float, thickness: float) -> np.ndarray:
    shadow = np.zeros((HEIGHT, WIDTH), np.float32)
    right, away = np.cos(np.radians(direction)), np.sin(np.radians(direction))
    for x, z, tall in posts:
        # A round post's shadow is a band across the direction of the light.
        aside = np.array([-away, right]) * thickness
        foot, tip = np.array([x, z]), np.array([x, z]) + np.array([right, away]) * length * tall
        corners = [foot - aside, foot + aside, tip + aside, tip - aside]
        polygon = np.array([_pixel(*corner) for corner in corners])
        cv2.fillPoly(shadow, [np.round(polygon).astype(np.int32)], 1.0)
    return cv2.GaussianBlur(shadow, (0, 0), 0.8)


@pytest.fixture(scope="session")
def paint_scene() -> PaintScene:
    """Paint posts on a paved square, with shadows that point in a direction (or none)."""

    def paint(direction: float | None, *, length=0.9, sky=(120, 165, 225), seed=0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        posts = [(-0.9, 3.6, 0.75), (0.55, 3.2, 0.7)]
        linear = np.zeros((HEIGHT, WIDTH, 3))
        linear[:HORIZON] = (np.array(sky) / 255) ** 2.2
        linear[HORIZON:] = (np.array([168, 160, 148]) / 255) ** 2.2
        linear[HORIZON:] *= np.exp(rng.normal(0, 0.05, (HEIGHT - HORIZON, WIDTH, 1)))
        if direction is not None:
            shade = _shadows(posts, direction, length, 0.12)[..., None]
            linear *= 1 - shade * np.array([0.68, 0.65, 0.58])
        image = 255 * linear ** (1 / 2.2)
        for x, z, tall in posts:
            column, foot = _pixel(x, z)
            wide, high = 0.09 * FOCAL / z, tall * FOCAL / z
            left, top = round(column - wide), round(foot - high)
            image[top : round(foot), left : round(column + wide)] = (104, 62, 40)
        return np.clip(np.round(image + rng.normal(0, 1.5, image.shape)), 0, 255).astype(np.uint8)

    return paint
