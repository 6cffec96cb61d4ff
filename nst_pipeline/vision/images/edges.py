"""Where a picture has edges."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Mask, Rgb

_CANNY = (25, 50)
"""Gradients that continue and begin an edge, of 8-bit values: faint ones count, such as a
wallpaper's."""


def find_edges(picture: Rgb, side: int) -> Mask:
    """Find the edges of a picture (Canny, PAMI 1986).

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB.
    side
        The picture is resized to this square, pixels.

    Returns
    -------
    numpy.ndarray
        (side, side) bool.
    """
    return np.asarray(cv2.Canny(resize(picture, side, side), *_CANNY) > 0)
