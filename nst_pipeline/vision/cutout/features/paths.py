"""How many edges lie between a pixel and the surroundings, or the middle."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.kind import Clues
from nst_pipeline.vision.cutout.features.position import superellipse
from nst_pipeline.vision.cutout.neighborhood import View
from nst_pipeline.vision.shapes import Mask

_STEP = 0.05
"""Cost of a pixel without any edge; LAB units, like the edges'."""
_GRAIN = 1.0
"""Blur before edges are measured, pixels."""
_CORE = 0.25
"""The middle: what lies nearer to the center than this."""
_CLOSE = 2.0
"""Path costs below this do not tell."""


def _edge_cost(view: View) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(view.colors, (0, 0), _GRAIN)
    across = np.linalg.norm(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), axis=-1)
    down = np.linalg.norm(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8), axis=-1)
    return np.asarray(np.hypot(across, down) + _STEP, np.float32)


def _cheapest(cost: NDArray[np.float32], start: Mask) -> NDArray[np.float32]:
    from skimage.graph import MCP_Geometric

    paths, _ = MCP_Geometric(cost).find_costs(np.argwhere(start))
    return np.asarray(paths, np.float32)


def path_clues(view: View) -> Clues:
    """Geodesic distances of each pixel.

    Source: Bai, Sapiro, "A Geodesic Framework for Fast Interactive Image and Video Segmentation
    and Matting", 2007.
    """
    across, down = view.depths()
    start, middle = ~view.inside, np.zeros_like(view.inside)
    if not start.any():
        start[view.box.slices] = superellipse(across, down, 4) >= 1
        start[0] = start[-1] = True
    ellipse = superellipse(across, down, 2)
    middle[view.box.slices] = ellipse <= max(_CORE, float(ellipse.min()))
    cost = _edge_cost(view)
    outside, core = (_cheapest(cost, each)[view.box.slices] for each in (start, middle))
    ranks = np.searchsorted(np.sort(outside.ravel()), outside) / outside.size
    return {
        "path_outside": outside,
        "path_core": core,
        "path_odds": np.log((outside + _CLOSE) / (core + _CLOSE)),
        "path_rank": ranks.astype(np.float32),
    }
