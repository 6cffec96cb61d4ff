"""A scene's layout: which surface each part shows, and how large a meter is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Rgb

SURFACES = (
    "sky", "road", "floor", "grass", "earth", "water", "table", "wall", "foliage", "rock",
    "person", "vehicle", "animal", "furniture", "thing",
)  # fmt: skip
"""What the parts of a scene can show. `road` is any paved ground outdoors, `earth` also sand and
snow, `wall` whatever is built, `thing` any other object."""
OBSTACLES = ("person", "vehicle", "animal", "furniture", "thing")
"""Surfaces that stand in the way."""
SIDE_PX = 256
"""Side of the square that the network sees."""

Map = NDArray[np.float32]
"""One number for each cell of a layout, (rows, columns)."""


@dataclass(frozen=True)
class Layout:
    """What a network says about a scene, in cells that divide it evenly.

    Attributes
    ----------
    surfaces
        (surfaces, rows, columns) float32: the probability of each of `SURFACES`.
    log_meter
        (rows, columns) float32: natural logarithm of how many heights of the scene a meter is, at
        the distance of what a cell shows.
    log_spread
        (rows, columns) float32: mean absolute error to expect of `log_meter`.
    """

    surfaces: NDArray[np.float32]
    log_meter: Map
    log_spread: Map

    def probability(self, names: Iterable[str]) -> Map:
        """Compute the probability that cells show one of some surfaces."""
        return np.asarray(self.surfaces[[SURFACES.index(name) for name in names]].sum(0))

    def fit(self, fits: Mapping[str, float]) -> Map:
        """Compute the expected fit of cells, given the fit 0..1 of each surface; others have 0."""
        weights = np.array([fits.get(name, 0.0) for name in SURFACES], np.float32)
        return np.asarray(np.tensordot(weights, self.surfaces, 1))


ReadLayout = Callable[[Rgb], Layout]
"""Function that reads a scene's layout, (height, width, 3) uint8 RGB."""
