"""Soft matte around a hard mask, and the object's colours without the old background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask, Matte, Rgb

_BAND_SHARE = 0.03
"""Half width of the uncertain band, as a share of the object's size (root of its area)."""
_MIN_BAND, _MAX_BAND = 2, 12
"""Limits of that half width, pixels of the work picture."""


def _disc(radius: int) -> NDArray[np.uint8]:
    shape = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape), np.uint8)


def trimap(mask: Mask) -> NDArray[np.float64]:
    """1 where a mask is surely object, 0 where surely not, 0.5 in a band along its outline.

    Args:
        mask: (height, width) bool. The picture's edge counts as inside, not as an outline.
    """
    size = np.sqrt(mask.sum())
    kernel = _disc(int(np.clip(_BAND_SHARE * size, _MIN_BAND, _MAX_BAND)))
    solid = mask.astype(np.uint8)
    inner, outer = cv2.erode(solid, kernel), cv2.dilate(solid, kernel)
    return (inner + outer.astype(np.float64)) / 2


def soft_matte(crop: Rgb, mask: Mask) -> Matte:
    """Alpha of the object whose hard mask is given, solved in a band along its outline.

    Args:
        crop: picture, (height, width, 3) uint8 RGB.
        mask: (height, width) bool.

    Returns:
        (height, width) float32 in 0..1; the mask itself where the band leaves nothing certain.

    Source: Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008.
    """
    from pymatting import estimate_alpha_cf

    marks = trimap(mask)
    if not {0.0, 1.0} <= set(np.unique(marks)):
        return mask.astype(np.float32)
    alpha: Matte = estimate_alpha_cf(crop / 255.0, marks).astype(np.float32)
    return alpha


def clean_colours(crop: Rgb, matte: Matte) -> Rgb:
    """The object's own colours, where its edge pixels also hold some of the old background.

    Source: Germer et al., "Fast Multi-Level Foreground Estimation", 2020.
    """
    from pymatting import estimate_foreground_ml

    colours = estimate_foreground_ml(crop / 255.0, matte.astype(np.float64))
    return np.asarray(np.rint(np.clip(colours, 0, 1) * 255), np.uint8)
