"""The gate: the probability that a predicted color change makes an object look more natural.

It is a logistic regression, fitted by scikit-learn and evaluated in numpy. scikit-learn is imported
only to fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.model.arrays import Array


@dataclass(frozen=True)
class GateParameters:
    """How confidence decides about a change, and how the gate is fitted."""

    none_up_to: float = 0.2
    """Confidence up to which no change is applied."""
    whole_from: float = 0.6
    """Confidence from which the whole change is applied; between the two, a share of it. Tuned on
    photos left out of calibration: it harms as few as a threshold of one half, and helps more."""
    penalty: float = 1e-3
    """Penalty on the squared weights; keeps them finite if the examples are separable."""


GATE = GateParameters()


def gate_inputs(natural: Array, pasted: Array, size: Array) -> Array:
    """Compute the gate's inputs, (n, 5), from n predictions.

    Parameters
    ----------
    natural
        (n,), predictions of `NATURAL`: near 1 for an unchanged photo.
    pasted
        (n,), predictions of `PASTED`: near 1 for an object from another photo.
    size
        (n,), size of the predicted change, LAB units.
    """
    far = np.log1p(size)
    return np.stack([np.ones_like(far), natural, pasted, far, natural * far], axis=-1)


def confidence(inputs: Array, weights: Array) -> Array:
    """Compute the probability, (n,), that each change helps; inputs (n, 5), weights (5,)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30))))


def fit_gate(
    inputs: Array,
    better: NDArray[np.bool_],
    sample_weight: Array,
    *,
    parameters: GateParameters = GATE,
) -> Array:
    """Fit the gate's weights, (5,).

    Parameters
    ----------
    inputs
        (n, 5), see `gate_inputs`. They must come from photos that the color model was not fitted
        to; otherwise the gate trusts the model too much.
    better
        (n,) bool, whether the change brought the object closer to its true colors.
    sample_weight
        (n,).
    parameters
        The penalty.
    """
    from sklearn.linear_model import LogisticRegression

    # scikit-learn needs both outcomes. A row of zeros only adds a constant to the loss.
    rows = np.vstack([inputs, np.zeros((2, inputs.shape[1]))])
    outcomes = np.append(better, [False, True])
    weights = np.append(sample_weight, [1.0, 1.0])
    model = LogisticRegression(
        C=1 / parameters.penalty,
        fit_intercept=False,
        solver="newton-cholesky",
        tol=1e-10,
        max_iter=1000,
    )
    found = model.fit(rows, outcomes, sample_weight=weights).coef_[0]
    return np.asarray(found, np.float64)


def share_to_apply(certainty: float, *, parameters: GateParameters = GATE) -> float:
    """Compute the share, 0..1, of a change to apply at a given confidence.

    Examples
    --------
    >>> [round(share_to_apply(certainty), 2) for certainty in (0.1, 0.4, 0.9)]
    [0.0, 0.5, 1.0]
    """
    span = parameters.whole_from - parameters.none_up_to
    share = (certainty - parameters.none_up_to) / span
    return float(np.clip(share, 0, 1))
