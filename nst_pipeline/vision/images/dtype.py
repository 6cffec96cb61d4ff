"""Convert images between 8-bit levels (0..255) and floats (0..1), and premultiply alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Rgba

_MAX_LEVEL = 255


def to_float(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale 8-bit levels to 0..1.

    Parameters
    ----------
    image
        uint8, any shape.

    Returns
    -------
    numpy.ndarray
        float32, the same shape, 0..1.

    Examples
    --------
    >>> to_float(np.array([0, 51, 255], np.uint8)).tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    levels = image.astype(np.float32)
    levels /= np.float32(_MAX_LEVEL)
    return levels


def to_uint8(image: NDArray[np.number]) -> NDArray[np.uint8]:
    """Scale 0..1 to 8-bit levels, rounded to the nearest; values out of range are clipped.

    Parameters
    ----------
    image
        float32 or float64, any shape, 0..1.

    Returns
    -------
    numpy.ndarray
        uint8, the same shape.

    Examples
    --------
    >>> to_uint8(np.array([-0.5, 0.2, 1.0])).tolist()
    [0, 51, 255]
    """
    return np.asarray(np.rint(np.clip(image, 0, 1) * _MAX_LEVEL), np.uint8)


def round_to_uint8(levels: NDArray[np.number]) -> NDArray[np.uint8]:
    """Round levels to the nearest integer; values outside 0..255 are clipped.

    Parameters
    ----------
    levels
        float32 or float64, any shape, 8-bit units.

    Returns
    -------
    numpy.ndarray
        uint8, the same shape. Halves round to the even level.

    Examples
    --------
    >>> round_to_uint8(np.array([-3.0, 1.5, 99.7, 300.0])).tolist()
    [0, 2, 100, 255]
    """
    return np.asarray(np.rint(np.clip(levels, 0, _MAX_LEVEL)), np.uint8)


def premultiply(image: Rgba) -> NDArray[np.float32]:
    """Multiply the colors by the alpha, so that transparent pixels do not bleed when resized.

    Parameters
    ----------
    image
        (height, width, 4) uint8, RGB with straight alpha.

    Returns
    -------
    numpy.ndarray
        (height, width, 4) float32, 8-bit units; the alpha channel is unchanged.
    """
    pixels = image.astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / _MAX_LEVEL
    return pixels
