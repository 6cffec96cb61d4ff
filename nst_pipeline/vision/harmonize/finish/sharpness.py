"""Blur an object that is sharper than anything in its scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

REBLUR_PX = 1.0
CLEAR_EDGE = 90.0
"""Sobel strength of lightness. Only clear edges tell a lens's blur: clouds have none."""
FEWEST_EDGES = 200
SHARPEST = 0.8
"""Quantile of the edges' sharpness: a scene is as sharp as what is in its focus."""
LEAST_BLUR_PX, MOST_BLUR_PX = 0.7, 1.2
"""A smaller difference is not seen, nor told from chance; more would cost the object detail."""
MASK_MARGIN_PX = 3
"""The seam is no edge of either side."""


def _gradient(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    return np.asarray(np.hypot(across, cv2.Sobel(lightness, cv2.CV_32F, 0, 1)), np.float32)


def edge_blurs(lightness: NDArray[np.float32], *masks: Mask) -> list[float | None]:
    """Width of each region's sharpest edges, the sigma of a Gaussian in pixels; None without any.

    It includes the width of Sobel's filter, which falls out where two are compared by squares.

    Args:
        lightness: (height, width) float32, LAB's L.
        masks: (height, width) bool; the regions.

    Source: Zhuo & Sim, "Defocus Map Estimation from a Single Image", 2011: an edge blurred again
    loses the less of its slope, the wider it was.
    """
    slope = _gradient(lightness)
    again = _gradient(np.asarray(cv2.GaussianBlur(lightness, (0, 0), REBLUR_PX), np.float32))
    size = 2 * MASK_MARGIN_PX + 1

    def sharpest(mask: Mask) -> float | None:
        within = cv2.erode(mask.view(np.uint8), np.ones((size, size), np.uint8)) > 0
        edges = within & (slope >= CLEAR_EDGE)
        if edges.sum() < FEWEST_EDGES:
            return None
        loss = float(np.quantile(slope[edges] / again[edges], SHARPEST))
        return REBLUR_PX / float(np.sqrt(max(loss**2 - 1, 1e-2)))

    return [sharpest(mask) for mask in masks]


def match_sharpness(image: Rgb, matte: Matte) -> Rgb:
    """Blur the object as much as the scene's sharpest edges are softer than its own.

    A sharp object before a blurred background is a usual photo, so all of the surroundings must be
    soft, where they have clear edges at all.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, no byte changes.
    """
    part, inside, outside = object_surroundings(matte)
    own, around = edge_blurs(to_lab(image[part])[..., 0], inside, outside)
    if own is None or around is None or around**2 - own**2 < LEAST_BLUR_PX**2:
        return image
    sigma = min(float(np.sqrt(around**2 - own**2)), MOST_BLUR_PX)
    softer = image.copy()
    softer[part] = cv2.GaussianBlur(image[part], (0, 0), sigma)
    return recompose(image, matte, softer)
