"""Synthetic photos whose object is known exactly."""

from typing import NamedTuple

import numpy as np
import pytest

from nst_pipeline.vision.shapes import Box


class Disc(NamedTuple):
    """An orange disc with an antialiased edge on textured blue-gray."""

    photo: np.ndarray
    alpha: np.ndarray
    """The true alpha, 0..1."""
    box: Box


@pytest.fixture(scope="session")
def disc() -> Disc:
    side, radius = 160, 50
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    alpha = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)[..., None]
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 1))
    background, color = np.array([70, 90, 120]) + noise, np.array([230, 130, 30])
    photo = np.clip(np.rint(alpha * color + (1 - alpha) * background), 0, 255).astype(np.uint8)
    return Disc(photo, alpha[..., 0], Box(*[side // 2 - radius] * 2, 2 * radius, 2 * radius))
