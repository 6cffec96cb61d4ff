"""Painted scenes: distinguish them from photos, and fit a painted object to their palette."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box, rim_mask, ring_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class PaintingParameters:
    """How a painting is distinguished from a photo."""

    side_px: int = 512
    """Longest side at which a picture is judged."""
    smallest_side_px: int = 400
    """Pictures with a shorter longest side are not judged: photos reduced that far look rough."""
    fine_sigma_px: float = 1.0
    """Fine relief is what a Gaussian of this width removes."""
    window_px: int = 7
    """Side of the square over which relief is averaged."""
    calm_quantile: float = 0.1
    """Share of the scene, its calmest part, in which relief is measured."""
    relief: float = 0.4
    """Lightness units of fine relief from which a scene may be painted. Nine in ten paintings have
    more (brush, canvas). So have one in three photos of 640 pixels: those without a smooth part."""


PAINTING = PaintingParameters()


@dataclass(frozen=True)
class PaletteParameters:
    """How a painted object is fitted to its scene."""

    lightness_share: float = 0.25
    """Share of the difference in lightness between the object's rim and its ring to remove."""
    color_share: float = 0.5
    """Share of the difference in a and b to remove."""
    rim_share: float = 0.01
    """Width of rim and ring, as a share of the picture's longer side."""
    smallest_rim_px: int = 4
    """Least width of rim and ring."""
    detail_share: float = 0.3
    """Share of the object's own fine structure to restore where painting blurred it."""
    detail_sigma_share: float = 1 / 240
    """Structure counts as fine below this size, as a share of the picture's longer side."""


def looks_painted(image: Rgb, matte: Matte, *, parameters: PaintingParameters = PAINTING) -> bool:
    """Decide whether a scene may be painted: whether it has relief everywhere.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; the object's pixels do not count.
    parameters
        How a painting is distinguished from a photo.

    Returns
    -------
    bool
        False if the picture is too small to judge.
    """
    if max(matte.shape) < parameters.smallest_side_px:
        return False
    lightness = to_lab(shrink_to_fit(image, parameters.side_px))[..., 0]
    scene = shrink_to_fit(matte, parameters.side_px)
    fine = lightness - cv2.GaussianBlur(lightness, (0, 0), parameters.fine_sigma_px)
    window = (parameters.window_px, parameters.window_px)
    power = cv2.boxFilter(fine**2, -1, window)[scene <= CLEAR_ALPHA]
    if not len(power):
        return False
    return float(np.quantile(power, parameters.calm_quantile)) >= parameters.relief**2


def _detail(lightness: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    return np.asarray(lightness - cv2.GaussianBlur(lightness, (0, 0), sigma_px), np.float32)


def fit_to_palette(
    painted: Rgb,
    composite: Rgb,
    matte: Matte,
    *,
    parameters: PaletteParameters = PaletteParameters(),
) -> Rgb:
    """Move a painted object toward the colors around it, and restore some of its structure.

    Parameters
    ----------
    painted
        (height, width, 3) uint8 RGB, the composite with its object painted.
    composite
        The composite before painting, same size.
    matte
        (height, width) float32, 0..1; where it is 0, the composite's bytes are kept.
    parameters
        How far to go.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.
    """
    longer = max(matte.shape)
    width = max(parameters.smallest_rim_px, round(parameters.rim_share * longer))
    part = object_box(matte).expanded(2 * width).clipped(*matte.shape[::-1]).slices
    lab, own, alpha = to_lab(painted[part]), to_lab(composite[part]), matte[part]
    ring, rim = ring_mask(alpha, width), rim_mask(alpha, width)
    sigma = parameters.detail_sigma_share * longer
    lost = _detail(own[..., 0], sigma) - _detail(lab[..., 0], sigma)
    lab[..., 0] += parameters.detail_share * lost
    if ring.any() and rim.any():
        color = parameters.color_share
        share = np.array([parameters.lightness_share, color, color], np.float32)
        lab += share * (own[ring].mean(0) - lab[rim].mean(0))
    result = composite.copy()
    result[part] = to_rgb(lab)
    return recompose(composite, matte, result)
