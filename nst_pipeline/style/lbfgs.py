"""Search for the picture of least loss with L-BFGS, in units that the curvature gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from nst_pipeline.style.curvature import Vector, measured_metric
from nst_pipeline.style.search import Canvas, Limits, LossAndGradient, Minimum, Pixels, Told, Watch

_MEMORY = 20
"""Steps remembered; their cost is small beside an evaluation."""


def lbfgs(evaluate: LossAndGradient, canvas: Canvas, limits: Limits, told: Told) -> Minimum:
    """Search for the change of least loss.

    Byrd et al., A limited memory algorithm for bound constrained optimization, 1995; SciPy's,
    preconditioned in frequency space (see `curvature`).

    Args:
        evaluate: loss and gradient of a picture; a step takes one evaluation, seldom more.
        canvas: where to start, and what may change.
        limits: when to stop. It also ends, as flat, where no step lowers the loss.
        told: told after every step.
    """
    from scipy.optimize import minimize

    nothing = np.zeros_like(canvas.start)
    first, slope = evaluate(canvas.picture(nothing))
    slope = canvas.gradient(nothing, slope)
    metric = measured_metric(evaluate, canvas, slope)
    start = np.zeros(canvas.start.size)

    def in_units(units: Vector) -> tuple[float, Vector]:
        if not units.any():
            return first, metric.gradient(slope)
        change = metric.change(units)
        loss, gradient = evaluate(canvas.picture(change))
        return loss, metric.gradient(canvas.gradient(change, gradient))

    watch = Watch(limits, told, [first])

    def after_step(intermediate_result: Any) -> None:
        change = metric.change(intermediate_result.x)
        watch.step(float(intermediate_result.fun), canvas.picture(change))
        if watch.ended():
            raise StopIteration

    found = minimize(
        in_units,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=after_step,
        options={
            "maxiter": limits.steps,
            "maxfun": 2 * limits.steps + 20,
            "maxcor": _MEMORY,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    change: Pixels = metric.change(found.x)
    return Minimum(change, watch.losses, found.nfev + 1, watch.ended() or "flat")
