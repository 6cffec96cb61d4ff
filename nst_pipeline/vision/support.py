"""Where things can stand in a scene: a guess at the ground from rows of colour and texture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.colour import to_lab
from nst_pipeline.vision.shapes import Box, Rgb

ANALYSIS_SIDE = 192
"""Scenes are looked at in this longest side, pixels: the ground is no detail."""
HORIZON_RANGE = (0.25, 0.75)
"""Photographers seldom hold the camera so that the horizon is outside it."""
USUAL_HORIZON, USUAL_SPREAD = 0.5, 0.25
"""Where it is when the picture does not tell, and how firmly; shares of the height."""
LEAST_EVIDENCE = 0.05
"""What the weakest evidence counts beside a clear horizon's 1: then habit decides."""


@dataclass(frozen=True)
class Ground:
    """The horizon, as a share of the scene's height from the top, and how busy each spot is."""

    horizon: float
    busyness: NDArray[np.float32]
    """(h, w), the integral of gradient strength; a reduced picture."""

    def busyness_in(self, box: Box, scene_width: int, scene_height: int) -> float:
        """Mean gradient in a box of scene pixels; low where the picture is calm."""
        height, width = (side - 1 for side in self.busyness.shape)
        left, right = (round(x * width / scene_width) for x in (box.x, box.right))
        top, bottom = (round(y * height / scene_height) for y in (box.y, box.bottom))
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        right, bottom = min(max(right, left + 1), width), min(max(bottom, top + 1), height)
        whole = self.busyness.astype(np.float64)
        total = whole[bottom, right] - whole[top, right] - whole[bottom, left] + whole[top, left]
        return float(total / ((right - left) * (bottom - top)))


def _reduced(scene: Rgb) -> Rgb:
    height, width = scene.shape[:2]
    scale = min(1.0, ANALYSIS_SIDE / max(height, width))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    return np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), np.uint8)


def _gradient(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)


def _horizon(rows: NDArray[np.float64]) -> float:
    """The split of the rows into two that differ most, drawn towards the usual place.

    Otsu's criterion (1979) on several features at once.
    """
    count = len(rows)
    above = np.arange(1, count)
    before, total = np.cumsum(rows, 0)[:-1], rows.sum(0)
    difference = before / above[:, None] - (total - before) / (count - above)[:, None]
    between = (above * (count - above) / count**2) * (difference**2).sum(1)
    explained = between / (rows.var(0).sum() + 1e-9)
    place = above / count
    habit = np.exp(-(((place - USUAL_HORIZON) / USUAL_SPREAD) ** 2) / 2)
    score = habit * (LEAST_EVIDENCE + explained**2)
    low, high = HORIZON_RANGE
    return float(np.clip(place[int(np.argmax(score))], low, high))


def ground_of(scene: Rgb) -> Ground:
    """Guess where a scene's ground begins, without any learned weights.

    The horizon is where the rows above and below differ most in colour and texture.

    Args:
        scene: (height, width, 3) uint8 RGB.
    """
    small = _reduced(scene)
    lab = to_lab(small)
    gradient = _gradient(lab[..., 0])
    features = np.dstack([lab, 0.5 * gradient]).mean(1).astype(np.float64)
    integral = cv2.integral(gradient).astype(np.float32)
    return Ground(_horizon(features), integral)


def support_line(scene: Rgb) -> float:
    """The row where the ground begins, as a share of the scene's height, 0 at the top."""
    return ground_of(scene).horizon
