"""Hard mask of an object from its box: GrabCut started from an ellipse."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.grab_cut import grab_cut
from nst_pipeline.vision.cutout.masks import solid
from nst_pipeline.vision.shapes import Box, Mask, Rgb

_CORE = 0.7
"""Axes of the ellipse that is certainly object, as a share of the box's."""


def _radius(shape: tuple[int, int], box: Box) -> NDArray[np.float32]:
    """Distance from the box's centre, 1 on the ellipse inscribed in it."""
    rows, columns = np.indices(shape, dtype=np.float32)
    x = (columns + 0.5 - box.x - box.width / 2) / (box.width / 2)
    y = (rows + 0.5 - box.y - box.height / 2) / (box.height / 2)
    return np.asarray(np.hypot(x, y), np.float32)


def segment(crop: Rgb, box: Box) -> Mask:
    """Separate the object in `box` from what surrounds it.

    Args:
        crop: picture, (height, width, 3) uint8 RGB, with some background around the box.
        box: the object's box in the crop's pixels.

    Returns:
        One connected part without holes, inside the box. (height, width) bool.

    Source: Rother, Kolmogorov, Blake, "GrabCut", 2004, started from an ellipse in the box.
    """
    radius = _radius(crop.shape[:2], box)
    labels = np.full(crop.shape[:2], cv2.GC_BGD, np.uint8)
    labels[box.slices] = cv2.GC_PR_FGD
    labels[radius < _CORE] = cv2.GC_FGD
    return solid(grab_cut(crop, labels))
