"""Optimizers without a memory of curvature: Adam, and SGD as in Keras' example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nst_pipeline.style.optimize.search import (
    LossAndGradient,
    OnStep,
    Pixels,
    SearchMonitor,
    SearchResult,
    SearchSpace,
    StoppingCriteria,
)

UpdateRule = Callable[[int, Pixels], Pixels]
"""Computes the change to add from the number of steps done and the gradient."""


@dataclass(frozen=True)
class AdamParameters:
    """Tuned constants of Adam."""

    learning_rate: float = 4.0
    """Length of each of the first steps of a pixel, of 255: too short for visible specks."""
    half_life_steps: float = 50
    """Number of steps in which the learning rate halves, so that the pixels come to rest."""
    beta_1: float = 0.9
    """Decay of the gradient's running mean."""
    beta_2: float = 0.99
    """Decay of the squared gradient's running mean."""
    epsilon: float = 1e-12
    """Avoids a division by 0 at pixels without a gradient."""


@dataclass(frozen=True)
class SgdParameters:
    """The learning rate of Keras' neural style transfer example."""

    learning_rate: float = 100.0
    decay: float = 0.96
    """The learning rate falls to this fraction every `decay_steps` steps, smoothly."""
    decay_steps: float = 100


def _descend(
    rule: UpdateRule,
    evaluate: LossAndGradient,
    space: SearchSpace,
    criteria: StoppingCriteria,
    on_step: OnStep,
) -> SearchResult:
    change = np.zeros_like(space.start)
    loss, gradient = evaluate(space.picture(change))
    monitor = SearchMonitor(criteria, on_step, [loss])
    while (reason := monitor.stop_reason()) is None:
        change = change + rule(len(monitor.losses) - 1, space.gradient(change, gradient))
        picture = space.picture(change)
        loss, gradient = evaluate(picture)
        monitor.record(loss, picture)
    return SearchResult(change, monitor.losses, len(monitor.losses), reason)


def adam(
    evaluate: LossAndGradient,
    space: SearchSpace,
    criteria: StoppingCriteria,
    on_step: OnStep,
    *,
    parameters: AdamParameters = AdamParameters(),
) -> SearchResult:
    """Minimize a loss over pictures with Adam.

    Parameters
    ----------
    evaluate
        Loss and gradient of a picture; called once a step.
    space
        Where to start, and what may change.
    criteria
        When to stop.
    on_step
        Called after every step.
    parameters
        Learning rate and its decay.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    """
    beta_1, beta_2 = parameters.beta_1, parameters.beta_2
    first_moment, second_moment = np.zeros_like(space.start), np.zeros_like(space.start)

    def rule(step: int, gradient: Pixels) -> Pixels:
        nonlocal first_moment, second_moment
        first_moment = beta_1 * first_moment + (1 - beta_1) * gradient
        second_moment = beta_2 * second_moment + (1 - beta_2) * gradient**2
        unbiased = first_moment / (1 - beta_1 ** (step + 1))
        size = np.sqrt(second_moment / (1 - beta_2 ** (step + 1))) + parameters.epsilon
        rate = parameters.learning_rate * 0.5 ** (step / parameters.half_life_steps)
        return np.asarray(-rate * unbiased / size, np.float32)

    return _descend(rule, evaluate, space, criteria, on_step)


def classic_sgd(
    evaluate: LossAndGradient,
    space: SearchSpace,
    criteria: StoppingCriteria,
    on_step: OnStep,
    *,
    parameters: SgdParameters = SgdParameters(),
) -> SearchResult:
    """Minimize a loss over pictures with SGD, as Keras' neural style transfer example does.

    The example takes 4000 steps at a height of 400 pixels. Use it for comparison: it is slow.

    Parameters
    ----------
    evaluate
        Loss and gradient of a picture; called once a step.
    space
        Where to start, and what may change.
    criteria
        When to stop.
    on_step
        Called after every step.
    parameters
        Learning rate and its decay.

    References
    ----------
    Chollet, "Neural style transfer", Keras code examples, 2016.
    """

    def rule(step: int, gradient: Pixels) -> Pixels:
        rate = parameters.learning_rate * parameters.decay ** (step / parameters.decay_steps)
        return np.asarray(-rate * gradient, np.float32)

    return _descend(rule, evaluate, space, criteria, on_step)
