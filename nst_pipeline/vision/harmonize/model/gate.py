"""The gate: how surely a predicted color change makes an object more natural than it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TAKEN_FROM, TAKEN_WHOLE = 0.2, 0.6
"""Confidences up to which nothing of a change is taken, and from which on all of it. Chosen on
photos left out of calibration: as few are harmed as by a threshold at one half, more are helped."""
NEWTON_STEPS = 30
RIDGE = 1e-3
"""Keeps the weights finite where natural and changed photos can be told apart without error."""


def gate_inputs(natural: Array, pasted: Array, size: Array) -> Array:
    """What the gate reads, (n, 5), of n predictions.

    Args:
        natural: (n,) predicted trust that the picture is a photo as it was.
        pasted: (n,) predicted trust that the object comes from another photo.
        size: (n,) LAB units, how far the predicted change goes.
    """
    far = np.log1p(size)
    return np.stack([np.ones_like(far), natural, pasted, far, natural * far], axis=-1)


def confidence(inputs: Array, weights: Array) -> Array:
    """Probability that the change is for the better, (n,)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30))))


def fit_gate(inputs: Array, better: NDArray[np.bool_], importance: Array) -> Array:
    """Weights, (5,), of a logistic regression, by Newton's method.

    Args:
        inputs: (n, 5), see `gate_inputs`; of predictions for photos that the color model did not
            learn from, or the gate trusts too much.
        better: (n,) whether the change brought the object nearer to its true colors.
        importance: (n,) how much each counts.
    """
    weights = np.zeros(inputs.shape[1])
    for _ in range(NEWTON_STEPS):
        expected = confidence(inputs, weights)
        slope = inputs.T @ (importance * (better - expected)) - RIDGE * weights
        curve = (inputs * (importance * expected * (1 - expected))[:, None]).T @ inputs
        weights = weights + np.linalg.solve(curve + RIDGE * np.eye(len(weights)), slope)
    return weights


def taken_share(certainty: float) -> float:
    """The share, 0..1, of a change that is made at this confidence."""
    share = (certainty - TAKEN_FROM) / (TAKEN_WHOLE - TAKEN_FROM)
    return float(np.clip(share, 0, 1))
