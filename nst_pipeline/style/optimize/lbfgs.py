"""Minimize a loss over pictures with L-BFGS, preconditioned in frequency space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from nst_pipeline.style.optimize.curvature import (
    Preconditioner,
    Vector,
    measure_preconditioner,
)
from nst_pipeline.style.optimize.search import (
    LossAndGradient,
    OnStep,
    Pixels,
    SearchMonitor,
    SearchResult,
    SearchSpace,
    StoppingCriteria,
)


@dataclass(frozen=True)
class LbfgsParameters:
    """Tuned constants of L-BFGS."""

    memory_steps: int = 20
    """Steps remembered to estimate the curvature; cheap compared with one evaluation."""


@dataclass(frozen=True)
class _PreconditionedLoss:
    """The loss and its gradient as functions of the preconditioner's units."""

    evaluate: LossAndGradient
    space: SearchSpace
    preconditioner: Preconditioner
    start_loss: float
    start_gradient: Pixels

    def __call__(self, units: Vector) -> tuple[float, Vector]:
        if not units.any():
            return self.start_loss, self.preconditioner.gradient(self.start_gradient)
        change = self.preconditioner.change(units)
        loss, gradient = self.evaluate(self.space.picture(change))
        return loss, self.preconditioner.gradient(self.space.gradient(change, gradient))


def lbfgs(
    evaluate: LossAndGradient,
    space: SearchSpace,
    criteria: StoppingCriteria,
    on_step: OnStep,
    *,
    parameters: LbfgsParameters = LbfgsParameters(),
) -> SearchResult:
    """Minimize a loss over pictures with SciPy's L-BFGS-B in the units of `curvature`.

    Parameters
    ----------
    evaluate
        Loss and gradient of a picture; usually called once per step.
    space
        Where to start, and what may change.
    criteria
        When to stop. A search also stops as `flat` when no step lowers the loss.
    on_step
        Called after every step.
    parameters
        Memory of L-BFGS.

    References
    ----------
    Byrd, Lu, Nocedal and Zhu, "A Limited Memory Algorithm for Bound Constrained Optimization",
    SIAM Journal on Scientific Computing, 1995.
    """
    no_change = np.zeros_like(space.start)
    start_loss, gradient = evaluate(space.picture(no_change))
    gradient = space.gradient(no_change, gradient)
    preconditioner = measure_preconditioner(evaluate, space, gradient)
    monitor = SearchMonitor(criteria, on_step, [start_loss])

    # SciPy passes the loss only to a parameter of this name.
    def after_step(intermediate_result: OptimizeResult) -> None:
        change = preconditioner.change(intermediate_result.x)
        monitor.record(float(intermediate_result.fun), space.picture(change))
        if monitor.stop_reason():
            raise StopIteration

    found = minimize(
        _PreconditionedLoss(evaluate, space, preconditioner, start_loss, gradient),
        np.zeros(space.start.size),
        jac=True,
        method="L-BFGS-B",
        callback=after_step,
        options={
            "maxiter": criteria.max_steps,
            "maxfun": 2 * criteria.max_steps + 20,
            "maxcor": parameters.memory_steps,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    change = preconditioner.change(found.x)
    reason = monitor.stop_reason() or "flat"
    return SearchResult(change, monitor.losses, found.nfev + 1, reason)
