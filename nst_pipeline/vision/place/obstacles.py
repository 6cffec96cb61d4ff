"""What a scene shows that stands in the way, and how near it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.place.cells import Cells
from nst_pipeline.vision.place.layout import OBSTACLES, Layout, Map
from nst_pipeline.vision.shapes import Box, Mask, Rgb


@dataclass(frozen=True)
class ObstacleParameters:
    """What counts as in the way."""

    shown: float = 0.5
    """Probability from which a cell shows an obstacle."""
    blocked: float = 0.03
    """Share of a box that shows obstacles which stand as near, or nearer, at which it is 0.6
    free."""
    covered: float = 0.2
    """The same for obstacles that stand behind, and are covered."""
    clearance: float = 0.08
    """Of the object's height: how much higher the foot of what stands behind is."""


def _feet(is_obstacle: Mask) -> Map:
    """Compute for each cell that shows an obstacle the row below its lowest cell in the column."""
    feet = np.zeros(is_obstacle.shape, np.float32)
    below = np.zeros(is_obstacle.shape[1], np.float32)
    for row in range(len(feet) - 1, -1, -1):
        below = np.where(is_obstacle[row], np.maximum(below, row + 1), 0)
        feet[row] = below
    return feet


class Obstacles:
    """The people, vehicles, animals, furniture and things of a scene.

    Parameters
    ----------
    layout, scene
        The scene's layout, and its (height, width, 3) uint8 RGB pixels.
    parameters
        What counts as in the way.
    """

    def __init__(
        self, layout: Layout, scene: Rgb, *, parameters: ObstacleParameters = ObstacleParameters()
    ) -> None:
        self._parameters = parameters
        self._probability = layout.probability(OBSTACLES)
        self._feet = _feet(self._probability > parameters.shown)
        self._cells = Cells.of(self._probability, scene)

    def free(self, box: Box) -> float:
        """Estimate how clear of obstacles a box is, 0..1; covering what stands behind is less bad.

        An obstacle stands where, in its column, the lowest of its cells is.
        """
        parameters, part = self._parameters, self._cells.part(box)
        foot = box.bottom - parameters.clearance * box.height
        is_near = self._feet[part] >= foot * len(self._feet) / self._cells.height
        shown = self._probability[part]
        blocked, covered = (float((shown * each).mean()) for each in (is_near, ~is_near))
        off = (blocked / parameters.blocked) ** 2 + (covered / parameters.covered) ** 2
        return float(np.exp(-off / 2))
