"""How far an outline can be trusted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask, Rgb

_STEP = 3
"""Colours just inside and outside an outline are compared this many pixels across, work size."""
_CLEAR_DIFFERENCE = 25.0
"""LAB distance across an outline (8-bit units) that leaves little doubt."""


def edge_contrast(crop: Rgb, mask: Mask) -> float:
    """Share 0..1 of clear colour difference across the outline of a mask."""
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float32)
    solid = mask.astype(np.uint8)
    inside, outside = solid[..., None], 1 - solid[..., None]

    def local_mean(weight: NDArray[np.uint8]) -> NDArray[np.float32]:
        size = (2 * _STEP + 1, 2 * _STEP + 1)
        share = cv2.blur(weight[..., 0].astype(np.float32), size)[..., None]
        return np.asarray(cv2.blur(lab * weight, size) / np.maximum(share, 1e-6), np.float32)

    outline = (solid == 1) & (cv2.erode(solid, np.ones((3, 3), np.uint8)) == 0)
    if not outline.any():
        return 0.0
    difference = np.linalg.norm(local_mean(inside) - local_mean(outside), axis=-1)[outline]
    return float(np.minimum(difference / _CLEAR_DIFFERENCE, 1).mean())


def outline_trust(crop: Rgb, mask: Mask) -> float:
    """Trust 0.5..1 in an outline: colours that differ across it help, but do not decide.

    On 80 photos with known masks, contrast alone hardly predicts the error: a wrong outline, too,
    follows edges. Where there is none at all, though, an outline is a guess.
    """
    return 0.5 + 0.5 * edge_contrast(crop, mask)
