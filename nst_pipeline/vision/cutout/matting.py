"""Soft matte around a hard mask, and the object's colors without the old background."""

from __future__ import annotations

from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

_BAND_SHARE = 0.03
"""Half width of the uncertain band, as a share of the object's size (root of its area)."""
_MIN_BAND, _MAX_BAND = 2, 12
"""Limits of that half width, pixels of the work picture."""
_KNOWN_WEIGHT, _MASK_WEIGHT = 100.0, 0.1
"""How firmly alpha is held outside the band, and to the mask within a narrow one. Without the
latter, small objects' outlines stray: on photos with known masks their F at 2 px falls from 0.52
to 0.48."""
_NARROW, _LETTING_GO = 5.0, 10.0
"""A band up to this half width, pixels, is narrow: there the mask is as exact as alpha could be.
With every pixel more its outline is more of a guess, by this power, and colors know better."""
_SOFTNESS = 1 / 5
"""The mask is softened for that over this share of the band's half width."""
_EPSILON, _REACH, _TOLERANCE = 1e-7, 1, 1e-7
"""Closed-form matting's regularization (Levin's), window radius, pixels, and when to stop."""
_NUMBA = Lock()
"""Numba's plain threading layer ends the process if two threads run parallel kernels at once."""


def _disc(radius: int) -> NDArray[np.uint8]:
    shape = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape), np.uint8)


def _band(mask: Mask) -> int:
    """Half width of the uncertain band, pixels."""
    return int(np.clip(_BAND_SHARE * np.sqrt(mask.sum()), _MIN_BAND, _MAX_BAND))


def trimap(mask: Mask) -> NDArray[np.float64]:
    """1 where a mask is surely object, 0 where surely not, 0.5 in a band along its outline.

    Args:
        mask: (height, width) bool. The picture's edge counts as inside, not as an outline.
    """
    kernel = _disc(_band(mask))
    solid = mask.astype(np.uint8)
    inner, outer = cv2.erode(solid, kernel), cv2.dilate(solid, kernel)
    return (inner + outer.astype(np.float64)) / 2


def _held_to(mask: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What alpha is expected to be in the band, and how much that weighs: least at the outline."""
    band = _band(mask)
    softened = cv2.GaussianBlur(mask.astype(np.float64), (0, 0), _SOFTNESS * band)
    firmness = _MASK_WEIGHT * min(1.0, _NARROW / band) ** _LETTING_GO
    return np.asarray(softened, np.float64), firmness * (2 * softened - 1) ** 2


def soft_matte(crop: Rgb, mask: Mask) -> Matte:
    """Alpha of the object whose hard mask is given, solved in a band along its outline.

    Args:
        crop: picture, (height, width, 3) uint8 RGB.
        mask: (height, width) bool.

    Returns:
        (height, width) float32 in 0..1; the mask itself where the band leaves nothing certain.

    Source: Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008; the
    pull to a prior after Wang, Cohen, "Optimized Color Sampling for Robust Matting", 2007.
    """
    from pymatting import cf_laplacian, cg, ichol
    from scipy import sparse

    marks = trimap(mask)
    if not {0.0, 1.0} <= set(np.unique(marks)):
        return mask.astype(np.float32)
    known = marks != 0.5
    softened, hold = _held_to(mask)
    prior = np.where(known, marks, softened).ravel()
    weight = np.where(known, _KNOWN_WEIGHT, hold).ravel()
    laplacian = cf_laplacian(crop / 255.0, _EPSILON, _REACH, known)
    system = (laplacian + sparse.diags(weight)).tocsr()
    alpha = cg(system, weight * prior, M=ichol(system.tocsc()), rtol=_TOLERANCE)
    return np.asarray(np.clip(alpha, 0, 1).reshape(mask.shape), np.float32)


def clean_colors(crop: Rgb, matte: Matte) -> Rgb:
    """The object's own colors, where its edge pixels also hold some of the old background.

    Source: Germer et al., "Fast Multi-Level Foreground Estimation", 2020.
    """
    from pymatting import estimate_foreground_ml

    with _NUMBA:
        colors = estimate_foreground_ml(crop / 255.0, matte.astype(np.float64))
    return to_uint8(colors)
