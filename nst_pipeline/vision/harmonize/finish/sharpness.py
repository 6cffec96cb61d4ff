"""Blur an object that is sharper than anything in its scene."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb


@dataclass(frozen=True)
class SharpnessParameters:
    """How sharpness is measured and matched."""

    reblur_px: float = 1.0
    """Standard deviation of the additional blur that measures the edges."""
    clear_edge: float = 90.0
    """Sobel strength of lightness from which an edge is clear. Only clear edges show a lens's blur;
    clouds have none."""
    fewest_edge_px: int = 200
    """A region with fewer pixels on clear edges is not measured."""
    sharpest_quantile: float = 0.8
    """Quantile of the edges' sharpness: a scene is as sharp as its parts in focus."""
    smallest_blur_px: float = 0.7
    """A smaller difference is neither visible nor significant."""
    largest_blur_px: float = 1.2
    """More would blur the object's detail."""
    mask_margin_px: int = 3
    """Pixels along the outline to leave out: the seam belongs to neither side."""


SHARPNESS = SharpnessParameters()


def _gradient(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    return np.asarray(np.hypot(across, cv2.Sobel(lightness, cv2.CV_32F, 0, 1)), np.float32)


def measure_edge_blur(
    lightness: NDArray[np.float32], *masks: Mask, parameters: SharpnessParameters = SHARPNESS
) -> list[float | None]:
    """Measure the width of each region's sharpest edges.

    If an edge is blurred again, it loses less of its slope the wider it was. The width includes
    that of the Sobel filter, which cancels out in a difference of squares.

    Parameters
    ----------
    lightness
        (height, width) float32, LAB's L.
    *masks
        (height, width) bool, the regions.
    parameters
        How sharpness is measured.

    Returns
    -------
    list of float or None
        Sigma of a Gaussian, pixels; None for a region without clear edges.

    References
    ----------
    S. Zhuo, T. Sim, "Defocus Map Estimation from a Single Image", Pattern Recognition, 2011.
    """
    reblur_px = parameters.reblur_px
    slope = _gradient(lightness)
    reblurred = _gradient(np.asarray(cv2.GaussianBlur(lightness, (0, 0), reblur_px), np.float32))
    size = 2 * parameters.mask_margin_px + 1

    def sharpest(mask: Mask) -> float | None:
        within = cv2.erode(mask.view(np.uint8), np.ones((size, size), np.uint8)) > 0
        edges = within & (slope >= parameters.clear_edge)
        if edges.sum() < parameters.fewest_edge_px:
            return None
        loss = float(np.quantile(slope[edges] / reblurred[edges], parameters.sharpest_quantile))
        return reblur_px / float(np.sqrt(max(loss**2 - 1, 1e-2)))

    return [sharpest(mask) for mask in masks]


def match_sharpness(
    image: Rgb, matte: Matte, *, parameters: SharpnessParameters = SHARPNESS
) -> Rgb:
    """Blur an object that is sharper than the sharpest edges of its scene.

    The sharpest edges decide, because a sharp object before a blurred background is normal.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    parameters
        How sharpness is measured and matched.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB; the image itself if nothing has to change.
    """
    part, inside, outside = object_surroundings(matte)
    lightness = to_lab(image[part])[..., 0]
    own, around = measure_edge_blur(lightness, inside, outside, parameters=parameters)
    if own is None or around is None or around**2 - own**2 < parameters.smallest_blur_px**2:
        return image
    sigma = min(float(np.sqrt(around**2 - own**2)), parameters.largest_blur_px)
    softer = image.copy()
    softer[part] = cv2.GaussianBlur(image[part], (0, 0), sigma)
    return recompose(image, matte, softer)
