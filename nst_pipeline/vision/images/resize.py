"""Resize images: area averages when shrinking, bicubic interpolation when enlarging."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask

ImageT = TypeVar("ImageT", bound=NDArray[Any])


def resize(image: ImageT, width: int, height: int) -> ImageT:
    """Resize to `width` x `height` pixels.

    Parameters
    ----------
    image
        (rows, columns) or (rows, columns, channels), uint8 or float32.
    width, height
        New size in pixels.

    Returns
    -------
    numpy.ndarray
        The same dtype and channels. Areas are averaged if neither side grows; otherwise
        interpolation is bicubic, which overshoots at edges: float results may leave the range of
        the input a little. An image that already has this size is returned itself, not a copy.

    Examples
    --------
    >>> import numpy as np
    >>> resize(np.array([[0, 2], [4, 6]], np.float32), 1, 1).tolist()
    [[3.0]]
    """
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image
    shrinks = width <= columns and height <= rows
    flag = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    # By keyword: the third positional argument of cv2.resize is `dst`, and ignores a flag.
    return cast(ImageT, cv2.resize(image, (width, height), interpolation=flag))


def to_square(image: ImageT, side_px: int) -> ImageT:
    """Resize to the square that a network sees, whatever the aspect ratio.

    Parameters
    ----------
    image
        (rows, columns) or (rows, columns, channels), uint8 or float32.
    side_px
        Side of the square. Areas are averaged if a side of the image is longer; otherwise
        interpolation is linear.

    Examples
    --------
    >>> import numpy as np
    >>> to_square(np.array([[0, 2, 4, 6]], np.float32), 2).tolist()
    [[1.0, 5.0], [1.0, 5.0]]
    """
    way = cv2.INTER_AREA if max(image.shape[:2]) > side_px else cv2.INTER_LINEAR
    source = np.ascontiguousarray(image)
    return cast(ImageT, cv2.resize(source, (side_px, side_px), interpolation=way))


def fitted_size(
    image: NDArray[Any], longest_side: int, *, shortest_side: int = 1
) -> tuple[int, int]:
    """Compute the size at which an image keeps its aspect ratio and meets a longest side.

    Parameters
    ----------
    image
        (rows, columns, ...); only its shape is read.
    longest_side
        Pixels. A smaller image is enlarged.
    shortest_side
        Neither side becomes shorter than this.

    Returns
    -------
    width, height : int
    """
    rows, columns = image.shape[:2]
    scale = longest_side / max(rows, columns)
    return max(shortest_side, round(columns * scale)), max(shortest_side, round(rows * scale))


def shrink_to_fit(image: ImageT, longest_side: int) -> ImageT:
    """Shrink an image to a longest side, keeping its aspect ratio; never enlarge it.

    Parameters
    ----------
    image
        (rows, columns) or (rows, columns, channels), uint8 or float32.
    longest_side
        Pixels.

    Returns
    -------
    numpy.ndarray
        The same dtype and channels; the image itself, not a copy, if it is small enough.

    Examples
    --------
    >>> import numpy as np
    >>> shrink_to_fit(np.zeros((400, 300, 3), np.uint8), 200).shape
    (200, 150, 3)
    """
    if max(image.shape[:2]) <= longest_side:
        return image
    return resize(image, *fitted_size(image, longest_side))


def resize_mask(mask: Mask, width: int, height: int) -> Mask:
    """Resize a mask: interpolate it linearly and keep what is at least half covered.

    Parameters
    ----------
    mask
        (rows, columns) bool.
    width, height
        New size in pixels.

    Returns
    -------
    numpy.ndarray
        (height, width) bool.
    """
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(soft >= 0.5)
