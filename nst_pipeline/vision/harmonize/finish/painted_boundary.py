"""Blend the outline of a painted object into its painting, whose strokes run across it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.finish.boundary import softness
from nst_pipeline.vision.harmonize.model.seam import hardness
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class BlendParameters:
    """How an outline is softened."""

    width_share: float = 1 / 224
    """How far inside the outline the scene's colors reach, as a share of the picture's longer
    side."""
    width_px: tuple[float, float] = (2.0, 6.0)
    """Limits of that width; beyond them, the object loses its shape. In photos, less already leaves
    a fringe where a mask is a pixel too small; among strokes it does not show."""
    matte_share: float = 2.0
    """How much of that width each pixel of the matte's own softness replaces. A matte is mostly as
    soft as the object, and an outline softened twice looks out of focus."""
    smallest_width_px: float = 0.5
    """A smaller width is not visible."""
    scene_share: float = 0.85
    """Share of the scene's colors at the outline itself."""
    sigma_px: float = 2.0
    """Width of the Gaussian that carries the scene's colors inward."""
    reach_px: int = 12
    """Pixels around the object that the Gaussian needs."""


def _scene_within(
    image: NDArray[np.float32], outside: Matte, sigma_px: float
) -> NDArray[np.float32]:
    """Carry the scene's colors into the object, as weighted means of nearby scene pixels."""
    carried = cv2.GaussianBlur(image * outside[..., None], (0, 0), sigma_px)
    known = cv2.GaussianBlur(outside, (0, 0), sigma_px)
    return np.asarray(carried / np.maximum(known, 1e-6)[..., None], np.float32)


def blend_boundary(
    image: Rgb, matte: Matte, *, parameters: BlendParameters = BlendParameters()
) -> Rgb:
    """Carry the colors of a painting into the outermost pixels of an object.

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
    part = object_box(matte).expanded(parameters.reach_px).clipped(*matte.shape[::-1]).slices
    inside = object_mask(matte[part])
    wanted = np.clip(max(matte.shape) * parameters.width_share, *parameters.width_px)
    width = float(wanted) - parameters.matte_share * softness(matte[part], inside)
    if width < parameters.smallest_width_px:
        return image
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) - 0.5
    weight = np.zeros_like(matte)
    weight[part] = share * parameters.scene_share * np.clip(1 - depth / width, 0, 1) * inside
    colors, outside = image[part].astype(np.float32), (~inside).astype(np.float32)
    within = _scene_within(colors, outside, parameters.sigma_px)
    scene = image.copy()
    scene[part] = round_to_uint8(within)
    return recompose(image, weight, scene)
