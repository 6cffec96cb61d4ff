"""Change a picture's size with the interpolation that fits the direction."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import cv2
from numpy.typing import NDArray

AnyPicture = TypeVar("AnyPicture", bound=NDArray[Any])


def resized(picture: AnyPicture, width: int, height: int) -> AnyPicture:
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
    return cast(AnyPicture, cv2.resize(picture, (width, height), interpolation=flag))


def fitted_size(picture: NDArray[Any], side: int) -> tuple[int, int]:
    """Width and height that give the picture a longest side of `side` pixels, at least 1 each."""
    rows, columns = picture.shape[:2]
    scale = side / max(rows, columns)
    return max(1, round(columns * scale)), max(1, round(rows * scale))


def fitted(picture: AnyPicture, side: int) -> AnyPicture:
    """The picture or matte reduced to a longest side of `side` pixels; smaller ones as they are."""
    if max(picture.shape[:2]) <= side:
        return picture
    return resized(picture, *fitted_size(picture, side))
