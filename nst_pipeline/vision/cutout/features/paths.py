"""Features from geodesic distances: the edges between a pixel and the outside or the core."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.maps import FeatureMaps
from nst_pipeline.vision.cutout.features.position import superellipse_radius
from nst_pipeline.vision.cutout.neighborhood import Neighborhood
from nst_pipeline.vision.shapes import Mask


@dataclass(frozen=True)
class PathParameters:
    """Parameters of `path_features`."""

    step_cost: float = 0.05
    """Cost of a pixel without an edge, LAB units (as the cost of edges)."""
    blur_px: float = 1.0
    """Standard deviation of the blur before edges are measured."""
    core_radius: float = 0.25
    """Ellipse radius (0 at the center, 1 at the sides) up to which pixels belong to the core."""
    negligible_cost: float = 2.0
    """LAB units added to both costs before their ratio: differences below this hardly count."""


def _edge_cost(neighborhood: Neighborhood, parameters: PathParameters) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(neighborhood.lab, (0, 0), parameters.blur_px)
    horizontal = np.linalg.norm(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), axis=-1)
    vertical = np.linalg.norm(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8), axis=-1)
    return np.asarray(np.hypot(horizontal, vertical) + parameters.step_cost, np.float32)


def _cheapest_path_costs(cost: NDArray[np.float32], start: Mask) -> NDArray[np.float32]:
    from skimage.graph import MCP_Geometric

    path_costs, _ = MCP_Geometric(cost).find_costs(np.argwhere(start))
    return np.asarray(path_costs, np.float32)


def path_features(
    neighborhood: Neighborhood, *, parameters: PathParameters = PathParameters()
) -> FeatureMaps:
    """Compute each pixel's geodesic distances from the outside of the box and from its core.

    Parameters
    ----------
    neighborhood
        If the box fills the image, the box's corners count as its outside.
    parameters
        Costs and size of the core.

    Returns
    -------
    FeatureMaps
        Costs of the cheapest paths from outside and from the core (LAB units), their log ratio, and
        the rank, 0..1, of the cost from outside.

    References
    ----------
    Bai, Sapiro, "A Geodesic Framework for Fast Interactive Image and Video Segmentation and
    Matting", 2007.
    """
    box = neighborhood.box
    horizontal, vertical = neighborhood.center_distances()
    outside = ~neighborhood.box_mask
    core = np.zeros_like(outside)
    if not outside.any():
        outside[box.slices] = superellipse_radius(horizontal, vertical, 4) >= 1
        outside[0] = outside[-1] = True
    radius = superellipse_radius(horizontal, vertical, 2)
    core[box.slices] = radius <= max(parameters.core_radius, float(radius.min()))
    edge_cost = _edge_cost(neighborhood, parameters)
    from_outside, from_core = (
        _cheapest_path_costs(edge_cost, start)[box.slices] for start in (outside, core)
    )
    ranks = np.searchsorted(np.sort(from_outside.ravel()), from_outside) / from_outside.size
    negligible = parameters.negligible_cost
    return {
        "path_from_outside": from_outside,
        "path_from_core": from_core,
        "path_log_ratio": np.log((from_outside + negligible) / (from_core + negligible)),
        "path_from_outside_rank": ranks.astype(np.float32),
    }
