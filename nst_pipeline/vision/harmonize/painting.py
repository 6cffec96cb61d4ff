"""Painted scenes: tell them from photos, and let an object take on their palette."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box, rim_mask, ring_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

LOOK_SIDE = 512
"""A picture is looked at in this longest side; much smaller ones are not judged, for whatever is
reduced so far looks busy."""
SMALLEST_SIDE = 400
FINE_PX, WINDOW_PX = 1.0, 7
CALM_QUANTILE = 0.1
BRUSH = 0.55
"""Lightness units of fine relief in the calmest tenth of a picture. Nine in ten paintings have more
(brush, canvas), nineteen in twenty photos less: skies, walls and what is out of focus are smooth.
Close-ups of leaves and gravel are mistaken."""

PALETTE_SHARE, LIGHT_SHARE = 0.5, 0.25
"""How far the object's rim goes to the ring's color and lightness, over what painting did."""
SEAM_SHARE, LEAST_SEAM_PX = 0.01, 4
"""Width of that rim and ring, share of the picture's longer side."""
DETAIL_SHARE = 0.3
"""Of the object's own fine structure, put back where painting blurred it."""
DETAIL_SIZE_SHARE = 1 / 240
"""What is finer than this share of the longer side is fine structure."""


def looks_painted(image: Rgb, matte: Matte) -> bool:
    """Tell by the scene's relief, without a network, whether it is a painting.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; the object's pixels do not count.
    """
    if max(matte.shape) < SMALLEST_SIDE:
        return False
    lightness, scene = (
        to_lab(shrink_to_fit(image, LOOK_SIDE))[..., 0],
        shrink_to_fit(matte, LOOK_SIDE),
    )
    fine = lightness - cv2.GaussianBlur(lightness, (0, 0), FINE_PX)
    power = cv2.boxFilter(fine**2, -1, (WINDOW_PX, WINDOW_PX))[scene <= CLEAR_ALPHA]
    return len(power) > 0 and float(np.quantile(power, CALM_QUANTILE)) >= BRUSH**2


def _detail(lightness: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    return np.asarray(lightness - cv2.GaussianBlur(lightness, (0, 0), sigma_px), np.float32)


def in_palette(painted: Rgb, composite: Rgb, matte: Matte) -> Rgb:
    """A painted object with the colors around it, and with its own structure still readable.

    Args:
        painted: (height, width, 3) uint8 RGB, the composite with its object painted.
        composite: the same as it was.
        matte: (height, width) float32, 0..1; where it is 0, the composite's bytes are kept.
    """
    longer = max(matte.shape)
    width = max(LEAST_SEAM_PX, round(SEAM_SHARE * longer))
    part = object_box(matte).widened(2 * width).clipped(*matte.shape[::-1]).slices
    lab, own, alpha = to_lab(painted[part]), to_lab(composite[part]), matte[part]
    ring, rim = ring_mask(alpha, width), rim_mask(alpha, width)
    sigma = DETAIL_SIZE_SHARE * longer
    lost = _detail(own[..., 0], sigma) - _detail(lab[..., 0], sigma)
    lab[..., 0] += DETAIL_SHARE * lost
    if ring.any() and rim.any():
        share = np.array([LIGHT_SHARE, PALETTE_SHARE, PALETTE_SHARE], np.float32)
        lab += share * (own[ring].mean(0) - lab[rim].mean(0))
    result = composite.copy()
    result[part] = to_rgb(lab)
    return recompose(composite, matte, result)
