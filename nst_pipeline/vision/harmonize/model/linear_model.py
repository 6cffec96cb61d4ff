"""Ridge regression on standardized features: fitted by scikit-learn, evaluated in numpy.

Prediction needs only the arrays of `LinearModel`, a few thousand numbers; scikit-learn is imported
only to fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.model.arrays import Array

FEATURE_LIMIT = 4.0
"""Features are clipped to this many standard deviations from the mean, because a linear function
grows without limit. It is part of the model: stored models were fitted with it."""


@dataclass(frozen=True)
class RidgeParameters:
    """How a linear model is fitted."""

    penalty: float = 1000.0
    """Penalty on the squared weights. It is large, for caution with photos unlike the examples."""


@dataclass(frozen=True)
class LinearModel:
    """A fitted model.

    Attributes
    ----------
    center, scale
        (features,) float64, mean and standard deviation of the examples.
    weights
        (1 + features, targets) float64, the constant's first.
    """

    center: Array
    scale: Array
    weights: Array

    def predict(self, features: Array) -> Array:
        """Predict targets, (..., targets), from features, (..., features)."""
        scaled = np.clip((features - self.center) / self.scale, -FEATURE_LIMIT, FEATURE_LIMIT)
        return np.asarray(self.weights[0] + scaled @ self.weights[1:])


def fit_linear_model(
    features: Array,
    targets: Array,
    sample_weight: Array,
    used: NDArray[np.bool_],
    *,
    parameters: RidgeParameters = RidgeParameters(),
) -> LinearModel:
    """Fit targets to features.

    Parameters
    ----------
    features
        (n, features).
    targets
        (n, targets).
    sample_weight
        (n,).
    used
        (features,) bool, which features may have weights.
    parameters
        The penalty.
    """
    from sklearn.linear_model import Ridge

    center, scale = features.mean(0), features.std(0) + 1e-6
    scaled = np.clip((features - center) / scale, -FEATURE_LIMIT, FEATURE_LIMIT) * used
    # The constant is penalized like the rest, so it is a column, not scikit-learn's intercept.
    rows = np.column_stack([np.ones(len(scaled)), scaled])
    solver = Ridge(alpha=parameters.penalty, fit_intercept=False, solver="cholesky")
    weights = solver.fit(rows, targets, sample_weight=sample_weight).coef_
    return LinearModel(center, scale, np.ascontiguousarray(weights.T))
