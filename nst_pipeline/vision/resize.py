"""Reduce pictures and mattes."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", np.uint8, np.float32)


def resized(image: NDArray[Scalar], width: int, height: int) -> NDArray[Scalar]:
    """The picture or matte at that size, averaged over areas."""
    if image.shape[:2] == (height, width):
        return image
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, image.dtype)


def fitted(image: NDArray[Scalar], longest_side: int) -> NDArray[Scalar]:
    """The picture or matte, reduced to a longest side; smaller ones as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, longest_side / max(height, width))
    return resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
