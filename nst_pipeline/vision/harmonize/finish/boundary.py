"""Soften a pasted outline: the object's outermost pixels take on the scene's colors."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.model.seam import hardness
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box, object_mask
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

WIDTH_SHARE = 1 / 224
LEAST_WIDTH_PX, MOST_WIDTH_PX = 2.0, 6.0
"""How far inside the outline the scene's colors reach: a share of the picture's longer side, as a
lens blurs a share of it, within limits of what keeps the object's shape."""
MATTE_SHARE = 2.0
"""Pixels that every pixel of a matte's own softness makes needless: a matte is mostly as soft as
the object is, and what is softened twice looks out of focus."""
SMALLEST_WIDTH_PX = 0.5
"""Less is not seen."""
SCENE_SHARE = 0.85
"""Share of the scene's colors at the outline itself."""
SIGMA_PX = 2.0
"""Width of the Gaussian that carries the scene's colors inwards, pixels."""
REACH_PX = 12
"""Pixels around the object that the Gaussian needs."""


def _scene_within(
    image: NDArray[np.float32], outside: Matte, sigma_px: float
) -> NDArray[np.float32]:
    """The scene's colors carried into the object: means of the scene's pixels near each."""
    carried = cv2.GaussianBlur(image * outside[..., None], (0, 0), sigma_px)
    known = cv2.GaussianBlur(outside, (0, 0), sigma_px)
    return np.asarray(carried / np.maximum(known, 1e-6)[..., None], np.float32)


def _softness(matte: Matte, inside: Mask) -> float:
    """How many pixels the matte itself takes from scene to object."""
    edge = inside & (cv2.erode(inside.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    between = (matte > CLEAR_ALPHA) & (matte < 1 - CLEAR_ALPHA)
    return float(between.sum() / max(1, edge.sum()))


def soften_boundary(image: Rgb, matte: Matte) -> Rgb:
    """Let the outline of a pasted object run into the scene, as a lens would show it.

    Only as far as the outline is harder than those of photos (`hardness`) and the matte does not
    do it already, only inside the object, and only in its outermost pixels: its colors within
    stay, and so does every byte outside.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.
    """
    seen = object_view(image, matte)
    share = 0.0 if seen is None else hardness(seen.lab, seen.inside)
    if share == 0:
        return image
    part = object_box(matte).expanded(REACH_PX).clipped(*matte.shape[::-1]).slices
    inside = object_mask(matte[part])
    wanted = np.clip(max(matte.shape) * WIDTH_SHARE, LEAST_WIDTH_PX, MOST_WIDTH_PX)
    width = float(wanted) - MATTE_SHARE * _softness(matte[part], inside)
    if width < SMALLEST_WIDTH_PX:
        return image
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) - 0.5
    weight = np.zeros_like(matte)
    weight[part] = share * SCENE_SHARE * np.clip(1 - depth / width, 0, 1) * inside
    within = _scene_within(image[part].astype(np.float32), (~inside).astype(np.float32), SIGMA_PX)
    scene = image.copy()
    scene[part] = round_to_uint8(within)
    return recompose(image, weight, scene)
