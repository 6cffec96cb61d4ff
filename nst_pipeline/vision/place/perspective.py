"""How large a meter is in each row of a scene: a plane seen in perspective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.place.layout import Layout, Map
from nst_pipeline.vision.place.support import GROUND
from nst_pipeline.vision.place.things import Support, thing_named
from nst_pipeline.vision.shapes import Detection

Numbers = NDArray[np.float64]


FOCAL_LENGTH = 1.2
"""Of a usual camera, in heights of its picture."""


@dataclass(frozen=True)
class PerspectiveParameters:
    """How the plane is fitted."""

    rounds: int = 4
    """Of weighted least squares; cells far from the plane count less in the next one."""
    tolerance: float = 0.35
    """Logarithm of a meter's size by which a cell may be off at half weight."""
    least_meter: float = 1e-3
    """Heights of the scene; a meter is not smaller where anything stands."""
    least_spread: float = 0.25
    """Least error of the logarithm, of a scene's scale, to expect of the network alone."""
    common_spread: float = 0.1
    """Added to the spread that the network gives for a cell."""
    least_support: float = 1e-3
    """Share of the scene below which a plane cannot be seen."""
    prior_share: float = 0.1
    """Share of the scene that what is usual counts for, as if it were seen there."""
    prior_rows: tuple[float, float] = (0.6, 1.0)
    prior_cells: int = 9
    """Rows, as fractions of the height, and their number, in which it counts."""
    reference_spread: float = 0.12
    """Error besides the spread of its kind, of a found thing's height."""


@dataclass(frozen=True)
class Perspective:
    """A plane: in row y, a fraction of the height, a meter is `at_bottom + slope * (y - 1)`.

    Attributes
    ----------
    at_bottom
        A meter in the scene's lowest row, in heights of the scene.
    slope
        How much larger it is a height further down; 0 for a plane seen from straight above.
    spread
        Standard deviation of its logarithm.
    least
        Limit of a meter's size.
    """

    at_bottom: float
    slope: float
    spread: float
    least: float = PerspectiveParameters().least_meter

    def meter(self, row: float | Numbers) -> Numbers:
        """Compute a meter's size, in heights of the scene, in rows given as fractions of it."""
        return np.maximum(self.at_bottom + self.slope * (np.asarray(row) - 1), self.least)

    @property
    def horizon(self) -> float:
        """Row, as a fraction of the height, where a meter would have no size; may be far above."""
        return float(1 - self.at_bottom / max(self.slope, 1e-6))

    def angle(self, row: float) -> float:
        """Return how far below the horizon the camera sees a row, degrees; 90 is straight down."""
        return float(np.degrees(np.arctan((row - self.horizon) / FOCAL_LENGTH)))


EYE_LEVEL_M = 1.6
"""Height of the camera: people take photos standing."""
USUAL = Perspective(at_bottom=0.5 / EYE_LEVEL_M, slope=1 / EYE_LEVEL_M, spread=0.5)
"""The ground, where it cannot be seen: the horizon is in the middle."""


def usual_plane(support: Support) -> Perspective | None:
    """Return the plane that a support usually lies in; None if that is not the ground."""
    return USUAL if support in GROUND else None


def visible_height(plane: Perspective, height_m: float, nearness: float) -> float:
    """Compute how much of a thing shows that stands nearer than the scene's lowest row.

    Its foot is below the scene. Things of the camera's height reach up to the horizon, however near
    they are; lower ones sink as they come nearer.

    Parameters
    ----------
    plane
        What the thing stands on.
    height_m
        The whole thing's height, meters.
    nearness
        How many times as large as in the lowest row a meter is where it stands.

    Returns
    -------
    float
        In heights of the scene; negative if it is below the scene altogether.

    Examples
    --------
    >>> round(visible_height(USUAL, 1.6, 3), 3)
    0.5
    >>> visible_height(USUAL, 0.8, 1.5) < visible_height(USUAL, 0.8, 1)
    True
    """
    return (1 - plane.horizon) * (1 - (1 - height_m / EYE_LEVEL_M) * nearness)


def _weighted_line(rows: Numbers, values: Numbers, weights: Numbers) -> tuple[float, float]:
    """Fit `value = at_bottom + slope * (row - 1)` with a slope of at least 0."""
    x, total = rows - 1, weights.sum()
    mean_x, mean_y = (weights * x).sum() / total, (weights * values).sum() / total
    variance = (weights * (x - mean_x) ** 2).sum()
    slope = (weights * (x - mean_x) * (values - mean_y)).sum() / variance if variance > 0 else 0.0
    slope = max(slope, 0.0)
    return mean_y - slope * mean_x, slope


def fit_perspective(
    layout: Layout,
    support: Map,
    references: Sequence[Detection] = (),
    scene_height: int = 1,
    *,
    prior: Perspective | None = None,
    parameters: PerspectiveParameters = PerspectiveParameters(),
) -> Perspective | None:
    """Fit the plane that things stand on.

    Parameters
    ----------
    layout
        The scene's.
    support
        How much each cell belongs to the plane, 0..1.
    references
        Things found in the scene, in its pixels; those of a known height correct the scale.
    scene_height
        Pixels.
    prior
        What is usual, which counts where little of the plane can be seen.
    parameters
        How it is fitted.

    Returns
    -------
    Perspective or None
        None if the plane cannot be seen at all.

    References
    ----------
    Hoiem, Efros, Hebert, "Putting Objects in Perspective", CVPR 2006.
    """
    if support.mean() < parameters.least_support:
        return None
    seen = _observe(layout, support, prior, parameters)
    meters, kept = np.exp(seen.logs), seen.weights
    plane, off = Perspective(1.0, 0.0, 1.0), np.zeros_like(meters)
    for _ in range(parameters.rounds):
        # Between absolute errors, where near cells would decide, and relative ones, where those at
        # the horizon would.
        at_bottom, slope = _weighted_line(seen.rows, meters, kept / meters)
        plane = Perspective(at_bottom, slope, 1.0)
        off = np.log(plane.meter(seen.rows)) - seen.logs
        kept = seen.weights / (1 + (off / parameters.tolerance) ** 2)
    # Cells err together: their mean error is that of one.
    error = float((kept * (np.abs(off) + seen.spreads)).sum() / kept.sum())
    plane = Perspective(plane.at_bottom, plane.slope, max(error, parameters.least_spread))
    return _corrected(plane, references, scene_height, parameters)


@dataclass(frozen=True)
class _Observed:
    """Sizes of a meter, each array (n,): its row, logarithm, and spread, and how much it counts."""

    rows: Numbers
    logs: Numbers
    spreads: NDArray[np.floating[Any]]
    weights: Numbers


def _observe(
    layout: Layout, support: Map, prior: Perspective | None, parameters: PerspectiveParameters
) -> _Observed:
    """List what the cells of a support say, and what is usual."""
    count = len(support)
    rows = np.repeat((np.arange(count) + 0.5) / count, support.shape[1])
    logs = layout.log_meter.ravel().astype(np.float64)
    spreads, shares = layout.log_spread.ravel(), support.ravel()
    if prior is not None:
        expected = np.linspace(*parameters.prior_rows, parameters.prior_cells)
        rows, logs = np.r_[rows, expected], np.r_[logs, np.log(prior.meter(expected))]
        spreads = np.r_[spreads, np.full(len(expected), prior.spread)]
        share = parameters.prior_share * support.size / parameters.prior_cells
        shares = np.r_[shares, np.full(len(expected), share)]
    weights = (shares / (spreads + parameters.common_spread) ** 2).astype(np.float64)
    return _Observed(rows, logs, spreads, weights)


def _corrected(
    plane: Perspective,
    references: Sequence[Detection],
    scene_height: int,
    parameters: PerspectiveParameters,
) -> Perspective:
    """Scale a plane to things of known height that stand on it."""
    precision, total = 1 / plane.spread**2, 0.0
    for each in references:
        thing, box = thing_named(each.label), each.box
        whole = box.y > 0 and box.bottom < scene_height
        upright = each.label != "person" or box.height > 1.9 * box.width
        if thing is None or not whole or not upright:
            continue
        seen = box.height / scene_height / thing.height_m
        spread = np.hypot(np.log(thing.spread), parameters.reference_spread)
        off = np.log(seen / plane.meter(box.bottom / scene_height))
        total += float(off) / spread**2
        precision += 1 / spread**2
    factor = float(np.exp(total / precision))
    return Perspective(plane.at_bottom * factor, plane.slope * factor, precision**-0.5)
