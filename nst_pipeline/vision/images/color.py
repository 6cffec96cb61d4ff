"""Convert colors between sRGB, linear light and CIE LAB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.dtype import round_to_uint8, to_float, to_uint8
from nst_pipeline.vision.shapes import Rgb, Rgba

Lab = NDArray[np.float32]
"""CIE LAB, (..., 3) float32: lightness 0..100, a, b; white point D65."""

DISPLAY_GAMMA = 2.2
"""Linear light is approximately an sRGB value to this power."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear R, G and B in luminance (ITU-R BT.709)."""


def to_lab(image: Rgb) -> Lab:
    """Convert sRGB to CIE LAB.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) float32, white point D65.

    Examples
    --------
    >>> white = np.full((1, 1, 3), 255, np.uint8)
    >>> [round(float(value)) for value in to_lab(white)[0, 0]]
    [100, 0, 0]
    """
    return np.asarray(cv2.cvtColor(to_float(image), cv2.COLOR_RGB2Lab), np.float32)


def to_rgb(lab: Lab) -> Rgb:
    """Convert CIE LAB to sRGB; colors out of gamut are clipped.

    Parameters
    ----------
    lab
        (height, width, 3), white point D65.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB.
    """
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return to_uint8(rgb)


def darken(image: Rgb, shade: NDArray[np.float32]) -> Rgb:
    """Remove a share of the light from each pixel.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    shade
        (height, width, 3) float32, the share of linear light to remove from R, G and B, 0..1.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB.
    """
    factor = (1 - shade) ** np.float32(1 / DISPLAY_GAMMA)
    return round_to_uint8(image * factor)


def mean_lab(sticker: Rgba, *, sample_side: int = 256) -> tuple[float, float, float] | None:
    """Compute a sticker's mean LAB color, weighted by its alpha.

    Parameters
    ----------
    sticker
        (height, width, 4) uint8, RGB with straight alpha.
    sample_side
        Larger stickers are subsampled to about this longest side, pixels, which is enough for a
        mean.

    Returns
    -------
    tuple of float or None
        L, a, b, rounded to one decimal; None if the sticker is fully transparent.

    Examples
    --------
    >>> mean_lab(np.full((4, 4, 4), 255, np.uint8))
    (100.0, 0.0, 0.0)
    """
    step = max(1, max(sticker.shape) // sample_side)
    sample = np.ascontiguousarray(sticker[::step, ::step])
    alpha = sample[..., 3].astype(np.float64)
    if not alpha.any():
        return None
    lightness, a, b = np.average(to_lab(sample[..., :3]).reshape(-1, 3), 0, alpha.ravel())
    return round(float(lightness), 1), round(float(a), 1), round(float(b), 1)
