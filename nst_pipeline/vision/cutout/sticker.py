"""A cut-out as a sticker: its pixels with straight alpha, cropped tightly."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.shapes import Box, Cutout, Rgba

_MARGIN = 2
"""Transparent pixels kept around the object, so that scaling it finds an empty edge."""


def sticker_pixels(cutout: Cutout) -> tuple[Rgba, Box]:
    """Crop a cut-out to what can be seen of it.

    Returns:
        Pixels (height, width, 4) uint8, RGB with straight alpha, colors 0 where alpha is 0;
        and their box in the photo. An empty cut-out gives a box without area.
    """
    height, width = cutout.matte.shape
    alpha = to_uint8(cutout.matte)
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not rows.size:
        return np.zeros((0, 0, 4), np.uint8), Box(0, 0, 0, 0)
    x, y = int(columns[0]) - _MARGIN, int(rows[0]) - _MARGIN
    right, bottom = int(columns[-1]) + 1 + _MARGIN, int(rows[-1]) + 1 + _MARGIN
    box = Box(x, y, right - x, bottom - y).clipped(width, height)
    shown = alpha[box.slices]
    colors = np.where(shown[..., None] > 0, cutout.colors[box.slices], 0)
    return np.dstack([colors, shown]).astype(np.uint8), box
