"""Means over boxes, of what is known of a scene's cells."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Box, Rgb


@dataclass(frozen=True)
class Cells:
    """Values of cells that divide a scene evenly.

    Attributes
    ----------
    integral
        (rows + 1, columns + 1, channels) float64, the integral image of the values.
    width, height
        The scene's, pixels.
    """

    integral: NDArray[np.float64]
    width: int
    height: int

    @classmethod
    def of(cls, values: NDArray[np.float32], scene: Rgb) -> Cells:
        """Prepare values, (rows, columns) or (rows, columns, channels), of a scene."""
        sums = np.asarray(cv2.integral(values, sdepth=cv2.CV_64F), np.float64)
        return cls(sums.reshape(*sums.shape[:2], -1), scene.shape[1], scene.shape[0])

    def part(self, box: Box) -> tuple[slice, slice]:
        """Return the rows and columns that a box of scene pixels covers, at least one of each."""
        rows, columns = (side - 1 for side in self.integral.shape[:2])
        left, right = (round(x * columns / self.width) for x in (box.x, box.right))
        top, bottom = (round(y * rows / self.height) for y in (box.y, box.bottom))
        left, top = min(max(left, 0), columns - 1), min(max(top, 0), rows - 1)
        right, bottom = min(max(right, left + 1), columns), min(max(bottom, top + 1), rows)
        return slice(top, bottom), slice(left, right)

    def mean(self, box: Box) -> NDArray[np.float64]:
        """Return the mean over a box of scene pixels, (channels,)."""
        rows, columns = self.part(box)
        sums = self.integral[rows.stop] - self.integral[rows.start]
        count = (rows.stop - rows.start) * (columns.stop - columns.start)
        return np.asarray((sums[columns.stop] - sums[columns.start]) / count)
