"""Convert colors between sRGB, linear light and CIE LAB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.dtype import round_to_uint8, to_float, to_uint8
from nst_pipeline.vision.shapes import Matte, Rgb, Rgba

Lab = NDArray[np.float32]
"""(..., 3): lightness 0..100, a, b; D65, from sRGB."""

MEAN_SIDE = 256
"""About so many pixels across are enough for a mean."""
DISPLAY_GAMMA = 2.2
"""Linear light is near an sRGB value to this power."""


def to_lab(image: Rgb) -> Lab:
    """SRGB picture, (h, w, 3) uint8, as LAB."""
    return np.asarray(cv2.cvtColor(to_float(image), cv2.COLOR_RGB2Lab), np.float32)


def to_rgb(lab: Lab) -> Rgb:
    """LAB, (h, w, 3), as an sRGB uint8 picture; what is out of gamut is clipped."""
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return to_uint8(rgb)


def darkened(image: Rgb, shade: Matte) -> Rgb:
    """Take light away: `shade`, (h, w) float32, is the share of linear light that is missing."""
    dimmed = (1 - shade) ** np.float32(1 / DISPLAY_GAMMA)
    return round_to_uint8(image * dimmed[..., None])


def mean_lab(sticker: Rgba) -> tuple[float, float, float] | None:
    """Mean LAB color of a cut-out, (h, w, 4) uint8, by its alpha, to a tenth.

    None where all is clear.
    """
    step = max(1, max(sticker.shape) // MEAN_SIDE)
    sample = np.ascontiguousarray(sticker[::step, ::step])
    alpha = sample[..., 3].astype(np.float64)
    if not alpha.any():
        return None
    lightness, a, b = np.average(to_lab(sample[..., :3]).reshape(-1, 3), 0, alpha.ravel())
    return round(float(lightness), 1), round(float(a), 1), round(float(b), 1)
