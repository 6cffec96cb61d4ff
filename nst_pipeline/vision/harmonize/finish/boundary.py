"""Soften a pasted outline as a lens does: blur the picture in the object's outermost pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.model.seam import hardness
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box, object_mask
from nst_pipeline.vision.shapes import Mask, Matte, Rgb


@dataclass(frozen=True)
class BoundaryParameters:
    """How an outline is softened."""

    blur_share: float = 1 / 700
    """Standard deviation of the Gaussian, as a share of the picture's longer side, as is a lens's
    blur."""
    blur_px: tuple[float, float] = (0.7, 2.0)
    """Limits of that width. A wider one would carry the scene's colors into the object, and leave a
    fringe where a mask is a pixel too small."""
    matte_share: float = 0.5
    """How much of that width each pixel of the matte's own softness replaces. A matte is mostly as
    soft as the object, and an outline softened twice looks out of focus."""
    smallest_blur_px: float = 0.4
    """A smaller width is not visible."""
    reach: float = 2.5
    """How far inside the outline pixels change, in standard deviations."""
    margin_px: int = 12
    """Pixels around the object that the Gaussian needs."""


def softness(matte: Matte, inside: Mask) -> float:
    """Return the width of the matte's transition from scene to object, pixels."""
    edge = inside & (cv2.erode(inside.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    between = (matte > CLEAR_ALPHA) & (matte < 1 - CLEAR_ALPHA)
    return float(between.sum() / max(1, edge.sum()))


def soften_boundary(
    image: Rgb, matte: Matte, *, parameters: BoundaryParameters = BoundaryParameters()
) -> Rgb:
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
    view = object_view(image, matte)
    share = 0.0 if view is None else hardness(view.lab, view.inside)
    if share == 0:
        return image
    part = object_box(matte).expanded(parameters.margin_px).clipped(*matte.shape[::-1]).slices
    inside = object_mask(matte[part])
    wanted = np.clip(max(matte.shape) * parameters.blur_share, *parameters.blur_px)
    sigma = float(wanted) - parameters.matte_share * softness(matte[part], inside)
    if sigma < parameters.smallest_blur_px:
        return image
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) - 0.5
    weight = np.zeros_like(matte)
    weight[part] = share * np.clip(1 - depth / (parameters.reach * sigma), 0, 1) * inside
    blurred = image.copy()
    blurred[part] = cv2.GaussianBlur(image[part], (0, 0), sigma)
    return recompose(image, weight, blurred)
