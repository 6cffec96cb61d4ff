"""Change a picture's size with the interpolation that fits the direction."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def resized(picture: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Resize to `width` x `height`: areas are averaged when shrinking, bicubic when enlarging.

    Args:
        picture: (rows, columns) or (rows, columns, channels), uint8 or float32. Bicubic
            overshoots at edges: float results may leave the range of the values by a little.
    """
    rows, columns = picture.shape[:2]
    if (columns, rows) == (width, height):
        return picture
    shrinks = width <= columns and height <= rows
    # Named: the third positional argument of cv2.resize is `dst`, and a flag there is ignored.
    flag = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=flag))


def fitted_size(picture: NDArray[Any], side: int) -> tuple[int, int]:
    """Width and height that give the picture a longest side of `side` pixels, at least 1 each."""
    rows, columns = picture.shape[:2]
    scale = side / max(rows, columns)
    return max(1, round(columns * scale)), max(1, round(rows * scale))
