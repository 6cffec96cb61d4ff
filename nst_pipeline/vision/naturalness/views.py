"""What the network of naturalness sees: the whole picture, and the object from near."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import to_square
from nst_pipeline.vision.shapes import Box, Matte, Rgb

SIDE_PX = 256
"""Side of the squares that the network sees."""
COARSE_PX = 112
"""Resolution of a view at a glance."""
NEAR_MARGIN = 0.35
"""Surroundings in the near view, as a share of the object's longer side."""


def coarse(pictures: NDArray[np.uint8], side_px: int = COARSE_PX) -> NDArray[np.uint8]:
    """Show views, (n, side, side, 3), as at a glance: without the traces of pasting in pixels.

    A network that sees them answers whether something was pasted, not whether a person notices.
    """
    small = (
        cv2.resize(each, (side_px, side_px), interpolation=cv2.INTER_AREA) for each in pictures
    )
    return np.stack([cv2.resize(each, (SIDE_PX, SIDE_PX)) for each in small])


def naturalness_views(
    picture: Rgb, matte: Matte, *, near_margin: float = NEAR_MARGIN
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Show a composite as a whole, and its object from near.

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object; not empty.
    near_margin
        Surroundings in the near view, as a share of the object's longer side.

    Returns
    -------
    pictures : numpy.ndarray
        (2, side, side, 3) uint8 RGB.
    mattes : numpy.ndarray
        (2, side, side) float32, 0..1.

    Examples
    --------
    >>> matte = np.zeros((90, 120), np.float32)
    >>> matte[40:50, 60:70] = 1
    >>> pictures, mattes = naturalness_views(np.zeros((90, 120, 3), np.uint8), matte)
    >>> pictures.shape, [round(float(each.mean()), 2) for each in mattes]
    ((2, 256, 256, 3), [0.01, 0.31])
    """
    height, width = matte.shape
    windows = (Box(0, 0, width, height), object_box(matte, near_margin))
    pictures = np.stack([to_square(picture[window.slices], SIDE_PX) for window in windows])
    mattes = np.stack([to_square(matte[window.slices], SIDE_PX) for window in windows])
    return np.asarray(pictures, np.uint8), np.asarray(mattes, np.float32)
