"""Find the line on which an object stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask

RowOfColumn = NDArray[np.float64]
"""For each column, a row of the image; rows count downward."""


@dataclass(frozen=True)
class FootLineParameters:
    """Which points of an outline an object stands on. Fractions are of the object's height."""

    lift: float = 0.08
    """Height above the lowest point at which a point's weight falls to 1/e."""
    flattening: float = 0.02
    """Of the width: spread of the points at which the line follows them halfway. What stands on
    one point has a level foot line."""
    steepest: float = 0.3
    """Limit of the line's slope: two wheels of a car that is seen at a slant."""


@dataclass(frozen=True)
class FootLine:
    """The row at which an object stands on the ground, for each of its columns.

    Attributes
    ----------
    start
        Row at column 0.
    slope
        Rows per column.
    """

    start: float
    slope: float

    def row(self, columns: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Return the row of the ground below each column."""
        return np.asarray(self.start + self.slope * columns, np.float64)


def lowest_rows(solid: Mask) -> RowOfColumn:
    """Row of each column's lowest object pixel; every column must have one."""
    last = len(solid) - 1
    return np.asarray(last - solid[::-1].argmax(0), np.float64)


def ground_line(columns: RowOfColumn, lowest: RowOfColumn) -> RowOfColumn:
    """Compute the lower convex hull of the outline, like a rubber band from foot to foot.

    Andrew, "Another Efficient Algorithm for Convex Hulls in Two Dimensions", 1979.
    """
    hull: list[tuple[float, float]] = []
    for x, y in zip(columns, lowest, strict=True):
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) < (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    corners = np.array(hull)
    return np.asarray(np.interp(columns, corners[:, 0], corners[:, 1]))


def foot_line(solid: Mask, *, parameters: FootLineParameters = FootLineParameters()) -> FootLine:
    """Fit a line to the points of an outline that are nearest to the ground.

    Parameters
    ----------
    solid
        (height, width) bool, with at least one object pixel.
    parameters
        Which points count.

    Returns
    -------
    FootLine
        In the pixels of `solid`.

    Examples
    --------
    >>> post = np.zeros((20, 9), np.bool_)
    >>> post[:18, 4] = True
    >>> foot_line(post)
    FootLine(start=17.0, slope=0.0)
    """
    columns = np.flatnonzero(solid.any(0)).astype(np.float64)
    lowest = lowest_rows(solid[:, solid.any(0)])
    height, width = solid.shape
    lift = (lowest.max() - lowest) / height
    weights = np.exp(-((lift / parameters.lift) ** 2))
    x, y = np.average(columns, weights=weights), np.average(lowest, weights=weights)
    spread = np.average((columns - x) ** 2, weights=weights)
    together = np.average((columns - x) * (lowest - y), weights=weights)
    slope = together / (spread + (parameters.flattening * width) ** 2)
    slope = float(np.clip(slope, -parameters.steepest, parameters.steepest))
    return FootLine(float(y - slope * x), slope)
