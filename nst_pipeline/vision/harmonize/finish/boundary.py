"""Soften a pasted outline: blur it as a lens does, or blend it into a painting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.model.seam import hardness
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box, object_mask
from nst_pipeline.vision.shapes import Mask, Matte, Rgb


@dataclass(frozen=True)
class BoundaryParameters:
    """How an outline is softened. The defaults blur it; the width is that of the Gaussian."""

    width_share: float = 1 / 700
    """Width, as a share of the picture's longer side, as is a lens's blur."""
    width_px: tuple[float, float] = (0.7, 2.0)
    """Limits of that width. A wider Gaussian would carry the scene's colors into the object, and
    leave a fringe where a mask is a pixel too small."""
    matte_share: float = 0.5
    """How much of that width each pixel of the matte's own softness replaces. A matte is mostly as
    soft as the object, and an outline softened twice looks out of focus."""
    smallest_width_px: float = 0.4
    """A smaller width is not visible."""
    reach: float = 2.5
    """How far inside the outline pixels change, in widths."""
    strength: float = 1.0
    """Share of the change at the outline itself."""
    margin_px: int = 12
    """Pixels around the object that a Gaussian needs."""


BLURRED = BoundaryParameters()
BLENDED = BoundaryParameters(
    width_share=1 / 224,
    width_px=(2.0, 6.0),
    matte_share=2.0,
    smallest_width_px=0.5,
    reach=1.0,
    strength=0.85,
)
"""For painted objects: the scene's colors reach further inside. Among strokes, a fringe does not
show; beyond 6 pixels, the object loses its shape."""
_CARRIED_PX = 2.0
"""Width of the Gaussian that carries a painting's colors inward."""


def _softness(matte: Matte, inside: Mask) -> float:
    """Return the width of the matte's transition from scene to object, pixels."""
    edge = inside & (cv2.erode(inside.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    between = (matte > CLEAR_ALPHA) & (matte < 1 - CLEAR_ALPHA)
    return float(between.sum() / max(1, edge.sum()))


def _change_boundary(
    image: Rgb,
    matte: Matte,
    parameters: BoundaryParameters,
    redraw: Callable[[Rgb, Mask, float], Rgb],
) -> Rgb:
    """Mix a redrawn picture into the outermost pixels of an object.

    `redraw` gets the part of the picture around the object, the object in it, and the width.
    """
    view = object_view(image, matte)
    share = 0.0 if view is None else hardness(view.lab, view.inside)
    if share == 0:
        return image
    part = object_box(matte).expanded(parameters.margin_px).clipped(*matte.shape[::-1]).slices
    inside = object_mask(matte[part])
    wanted = np.clip(max(matte.shape) * parameters.width_share, *parameters.width_px)
    width = float(wanted) - parameters.matte_share * _softness(matte[part], inside)
    if width < parameters.smallest_width_px:
        return image
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) - 0.5
    near = np.clip(1 - depth / (parameters.reach * width), 0, 1)
    weight = np.zeros_like(matte)
    weight[part] = share * parameters.strength * near * inside
    redrawn = image.copy()
    redrawn[part] = redraw(image[part], inside, width)
    return recompose(image, weight, redrawn)


def _blur(part: Rgb, inside: Mask, sigma_px: float) -> Rgb:
    del inside
    return np.asarray(cv2.GaussianBlur(part, (0, 0), sigma_px), np.uint8)


def _scene_within(part: Rgb, inside: Mask, width_px: float) -> Rgb:
    """Carry the scene's colors into the object, as weighted means of nearby scene pixels."""
    del width_px
    outside = (~inside).astype(np.float32)
    scene = part.astype(np.float32) * outside[..., None]
    known = np.maximum(cv2.GaussianBlur(outside, (0, 0), _CARRIED_PX), 1e-6)[..., None]
    return round_to_uint8(cv2.GaussianBlur(scene, (0, 0), _CARRIED_PX) / known)


def soften_boundary(image: Rgb, matte: Matte, *, parameters: BoundaryParameters = BLURRED) -> Rgb:
    """Blur the outline of a pasted object, as a lens would.

    Only the object's outermost pixels change, and only as far as the outline is harder than those
    of photos (`hardness`) and the matte is not already soft.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    parameters
        How an outline is softened.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB; the image itself if nothing has to change.
    """
    return _change_boundary(image, matte, parameters, _blur)


def blend_boundary(image: Rgb, matte: Matte, *, parameters: BoundaryParameters = BLENDED) -> Rgb:
    """Carry the colors of a painting into the outermost pixels of a painted object.

    Parameters and result are those of `soften_boundary`.
    """
    return _change_boundary(image, matte, parameters, _scene_within)
