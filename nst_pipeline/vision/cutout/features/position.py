"""Features of a pixel's position in the box, and of the box itself."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.cutout.features.maps import FeatureMap, FeatureMaps
from nst_pipeline.vision.cutout.neighborhood import Neighborhood


def superellipse_radius(
    horizontal: FeatureMap, vertical: FeatureMap, exponent: float
) -> FeatureMap:
    """Compute distances from the center that are 1 on the superellipse inscribed in the box.

    Parameters
    ----------
    horizontal, vertical
        Distances from the center, 0..1, as `Neighborhood.center_distances` returns them.
    exponent
        2 for an ellipse; larger exponents approach a rectangle.
    """
    return np.asarray((horizontal**exponent + vertical**exponent) ** (1 / exponent), np.float32)


def position_features(neighborhood: Neighborhood) -> FeatureMaps:
    """Compute distances from the center, the row, and the box's shape, area and open sides."""
    box = neighborhood.box
    horizontal, vertical = neighborhood.center_distances()
    height, width = neighborhood.image.shape[:2]
    row = np.linspace(0, 1, box.height, dtype=np.float32)[:, None]
    area_fraction = box.width * box.height / (height * width)
    left, top, right, bottom = neighborhood.open_sides
    ones = np.ones_like(horizontal)
    return {
        "horizontal_distance": horizontal,
        "vertical_distance": vertical,
        "ellipse_radius": superellipse_radius(horizontal, vertical, 2),
        "rounded_box_radius": superellipse_radius(horizontal, vertical, 4),
        "row": row * ones,
        "log_aspect_ratio": ones * np.float32(np.log(box.width / box.height)),
        "log_area_fraction": ones * np.float32(np.log(area_fraction)),
        "open_left_right": ones * (left + right),
        "open_top": ones * top,
        "open_bottom": ones * bottom,
    }
