"""Ridge regression on standardized features: a model of weights alone, small enough to ship."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LIMIT = 4.0
"""Standard deviations; features further from their mean count as this far, for a line goes on for
ever."""
PENALTY = 1000.0
"""Of the squared weights: a model for photos unlike those it learned from must be cautious."""


@dataclass(frozen=True)
class LinearModel:
    """A fitted model.

    Attributes:
        centre, scale: (features,) mean and standard deviation.
        weights: (1 + features, targets), the constant's first.
    """

    centre: Array
    scale: Array
    weights: Array

    def predict(self, features: Array) -> Array:
        """Targets, (..., targets), of features, (..., features)."""
        scaled = np.clip((features - self.centre) / self.scale, -LIMIT, LIMIT)
        return np.asarray(self.weights[0] + scaled @ self.weights[1:])


def fit_linear_model(
    features: Array, targets: Array, importance: Array, used: NDArray[np.bool_]
) -> LinearModel:
    """Fit targets, (n, targets), to features, (n, features).

    Args:
        importance: (n,) how much each row counts; 1 is usual.
        used: (features,) which of the features may have weights.
    """
    centre, scale = features.mean(0), features.std(0) + 1e-6
    scaled = np.clip((features - centre) / scale, -LIMIT, LIMIT) * used
    rows = np.column_stack([np.ones(len(scaled)), scaled])
    weighted = rows * importance[:, None]
    gram = weighted.T @ rows
    gram[np.diag_indices_from(gram)] += PENALTY
    return LinearModel(centre, scale, np.linalg.solve(gram, weighted.T @ targets))
