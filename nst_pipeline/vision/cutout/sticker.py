"""Crop a cut-out to a sticker: RGBA pixels with straight alpha."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.shapes import Box, Cutout, Matte, Rgba

_MARGIN_PX = 2
"""Transparent border around the object, so that it keeps an empty edge when it is resized."""


def crop_sticker(cutout: Cutout) -> tuple[Rgba, Box]:
    """Crop a cut-out to its visible pixels and a transparent border of 2 pixels.

    Parameters
    ----------
    cutout
        An object in its photo's frame.

    Returns
    -------
    pixels
        (height, width, 4) uint8, RGB with straight alpha; colors are 0 where alpha is 0.
        The shape is (0, 0, 4) if nothing is visible.
    box
        Where the pixels lie in the photo. The border is cut off at the photo's edges.

    Examples
    --------
    >>> matte = np.zeros((50, 60), np.float32)
    >>> matte[10:20, 30:45] = 1
    >>> pixels, box = crop_sticker(Cutout(matte, np.zeros((50, 60, 3), np.uint8), quality=1.0))
    >>> pixels.shape, box
    ((14, 19, 4), Box(x=28, y=8, width=19, height=14))
    """
    height, width = cutout.matte.shape
    alpha = to_uint8(cutout.matte)
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not rows.size:
        return np.zeros((0, 0, 4), np.uint8), Box(0, 0, 0, 0)
    x, y = int(columns[0]), int(rows[0])
    tight = Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
    box = tight.expanded(_MARGIN_PX).clipped(width, height)
    visible = alpha[box.slices]
    colors = np.where(visible[..., None] > 0, cutout.colors[box.slices], 0)
    return np.dstack([colors, visible]).astype(np.uint8), box


def uncrop_matte(sticker: Rgba, box: Box, width: int, height: int) -> Matte:
    """Put a sticker's alpha back into its photo's frame; the inverse of `crop_sticker`.

    Parameters
    ----------
    sticker
        (box height, box width, 4) uint8.
    box
        Where the sticker was in the photo.
    width, height
        Size of the photo, pixels.

    Returns
    -------
    numpy.ndarray
        (height, width) float32, 0..1; 0 outside the box.
    """
    matte = np.zeros((height, width), np.float32)
    matte[box.slices] = to_float(sticker[..., 3])
    return matte
