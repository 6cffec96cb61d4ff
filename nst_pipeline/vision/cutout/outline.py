"""Refine a mask's outline along the edges near it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from nst_pipeline.vision.cutout.grab_cut import GrabCutParameters, grab_cut
from nst_pipeline.vision.cutout.masks import largest_component
from nst_pipeline.vision.shapes import Mask, Rgb


@dataclass(frozen=True)
class OutlineRefinementParameters:
    """Parameters of `refine_outline`. Sizes are square roots of areas."""

    band_share: float = 0.04
    """How far the outline may move, as a share of the object's size."""
    min_size_px: float = 130.0
    """Smaller objects keep their outline: their band holds little but blur. Measured against known
    masks, refinement harms them but improves larger objects: F at 2 px rises from 0.76 to 0.84."""
    grab_cut: GrabCutParameters = field(default_factory=GrabCutParameters)


def refine_outline(
    image: Rgb,
    mask: Mask,
    *,
    parameters: OutlineRefinementParameters = OutlineRefinementParameters(),
) -> Mask:
    """Run GrabCut in a band along a mask's outline.

    Masks are segmented at a fixed small size; the larger image shows a large object's edges more
    precisely.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    mask
        (height, width) bool.
    parameters
        Width of the band and smallest object.

    Returns
    -------
    numpy.ndarray
        (height, width) bool, one connected component; `mask` itself if the object is small.
    """
    size = float(np.sqrt(mask.sum()))
    if size < parameters.min_size_px:
        return mask
    diameter = 2 * round(parameters.band_share * size) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    levels = mask.view(np.uint8)
    eroded, dilated = cv2.erode(levels, kernel), cv2.dilate(levels, kernel)
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[eroded > 0] = cv2.GC_FGD
    labels[dilated == 0] = cv2.GC_BGD
    return largest_component(grab_cut(image, labels, parameters=parameters.grab_cut))
