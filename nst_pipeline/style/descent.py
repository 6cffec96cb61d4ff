"""Descents that follow the gradient without a memory of curvature: Adam, and the classic one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nst_pipeline.style.search import Canvas, Limits, LossAndGradient, Minimum, Pixels, Told, Watch

Rule = Callable[[int, Pixels], Pixels]
"""The change to add, from the number of steps done and the gradient."""

_ADAM_LEVELS = 4.0
"""Of 255: how far Adam moves a pixel in one step at first; it stays below a visible speck."""
_ADAM_HALF_LIFE = 50
"""Steps until the rate has halved, so that the end does not tremble."""
_ADAM_MEAN, _ADAM_SPREAD, _ADAM_LEAST = 0.9, 0.99, 1e-12

CLASSIC_ROWS = 400
CLASSIC_STEPS = 4000
_CLASSIC_RATE, _CLASSIC_DECAY, _CLASSIC_DECAY_STEPS = 100.0, 0.96, 100


def _descend(
    rule: Rule, evaluate: LossAndGradient, canvas: Canvas, limits: Limits, told: Told
) -> Minimum:
    change = np.zeros_like(canvas.start)
    loss, gradient = evaluate(canvas.picture(change))
    watch = Watch(limits, told, [loss])
    while (stopped := watch.ended()) is None:
        change = change + rule(len(watch.losses) - 1, canvas.gradient(change, gradient))
        picture = canvas.picture(change)
        loss, gradient = evaluate(picture)
        watch.step(loss, picture)
    return Minimum(change, watch.losses, len(watch.losses), stopped)


def adam(evaluate: LossAndGradient, canvas: Canvas, limits: Limits, told: Told) -> Minimum:
    """Search for the change of least loss with Adam.

    Kingma and Ba, Adam: a method for stochastic optimization, 2015.

    Args:
        evaluate: loss and gradient of a picture; one evaluation a step.
        canvas: where to start, and what may change.
        limits: when to stop.
        told: told after every step.
    """
    mean, spread = np.zeros_like(canvas.start), np.zeros_like(canvas.start)

    def rule(step: int, gradient: Pixels) -> Pixels:
        nonlocal mean, spread
        mean = _ADAM_MEAN * mean + (1 - _ADAM_MEAN) * gradient
        spread = _ADAM_SPREAD * spread + (1 - _ADAM_SPREAD) * gradient**2
        unbiased = mean / (1 - _ADAM_MEAN ** (step + 1))
        size = np.sqrt(spread / (1 - _ADAM_SPREAD ** (step + 1))) + _ADAM_LEAST
        rate = _ADAM_LEVELS * 0.5 ** (step / _ADAM_HALF_LIFE)
        return np.asarray(-rate * unbiased / size, np.float32)

    return _descend(rule, evaluate, canvas, limits, told)


def classic(evaluate: LossAndGradient, canvas: Canvas, limits: Limits, told: Told) -> Minimum:
    """Search as Keras' neural style transfer example does, by its numbers.

    SGD; the rate is 100 and decays to 0.96 of it every 100 steps, smoothly. The example takes
    `CLASSIC_STEPS` at `CLASSIC_ROWS` pixels of height. For comparison: it is slow.

    Args:
        evaluate: loss and gradient of a picture; one evaluation a step.
        canvas: where to start, and what may change.
        limits: when to stop.
        told: told after every step.
    """

    def rule(step: int, gradient: Pixels) -> Pixels:
        rate = _CLASSIC_RATE * _CLASSIC_DECAY ** (step / _CLASSIC_DECAY_STEPS)
        return np.asarray(-rate * gradient, np.float32)

    return _descend(rule, evaluate, canvas, limits, told)
