"""Minimise a smooth function of very many bounded numbers with L-BFGS-B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Progress = Callable[[int, int, float], None]
"""Told after every step: steps done, steps at most, loss."""

_FLAT_STEPS = 5  # a single step may be short by chance


@dataclass(frozen=True)
class Minimum:
    """Where the search ended. `losses` holds the start's loss and one more for every step."""

    point: Vector
    losses: list[float]
    evaluations: int
    stopped: Literal["steps", "flat"]


@dataclass
class _Watch:
    """Follows the search from step to step and ends it when the loss has flattened."""

    steps: int
    flat_gain: float
    progress: Progress | None
    losses: list[float] = field(default_factory=list)

    def __call__(self, intermediate_result: Any) -> None:
        self.losses.append(float(intermediate_result.fun))
        if self.progress:
            self.progress(len(self.losses) - 1, self.steps, self.losses[-1])
        if self.is_flat():
            raise StopIteration

    def is_flat(self) -> bool:
        if len(self.losses) <= _FLAT_STEPS:
            return False
        before, now = self.losses[-1 - _FLAT_STEPS], self.losses[-1]
        return before - now < self.flat_gain * abs(before)


def minimise(
    loss_and_gradient: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    *,
    steps: int,
    bounds: tuple[float, float],
    first_step: float,
    flat_gain: float = 0.0,
    progress: Progress | None = None,
) -> Minimum:
    """Search for the least loss from `start`.

    Byrd et al., A limited memory algorithm for bound constrained optimization, 1995; SciPy's.

    Args:
        loss_and_gradient: the function; takes and gives (n,) float64.
        start: (n,), within the bounds.
        steps: at most this many; a step takes one evaluation, seldom more.
        bounds: least and greatest value of every number.
        first_step: length of the first step tried, as a root mean square over all numbers.
        flat_gain: end when the last five steps have lowered the loss by less than this share.
        progress: told after every step.
    """
    from scipy.optimize import Bounds, minimize

    # L-BFGS-B tries a first step of length 1 before it knows any curvature.
    unit = first_step * np.sqrt(start.size)

    def scaled(point: Vector) -> tuple[float, Vector]:
        loss, gradient = loss_and_gradient(point * unit)
        return loss, gradient * unit

    watch = _Watch(steps, flat_gain, progress, [float(scaled(start / unit)[0])])
    found = minimize(
        scaled,
        start / unit,
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(bounds[0] / unit, bounds[1] / unit),
        callback=watch,
        options={"maxiter": steps, "maxfun": 2 * steps + 20, "ftol": 0.0, "gtol": 0.0},
    )
    stopped: Literal["steps", "flat"] = "steps" if len(watch.losses) > steps else "flat"
    return Minimum(found.x * unit, watch.losses, found.nfev + 1, stopped)
