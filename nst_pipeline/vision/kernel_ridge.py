"""Kernel ridge regression in plain numpy: small, exact, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = 0.5
"""Of the Gaussian kernel: the exponent's factor on the mean squared difference of features."""
LINEAR_SHARE = 0.1
"""Weight of the linear kernel. It is kept small: far from all examples the Gaussian predicts
nothing, and a colour model that does not know should not act, while a line goes on for ever."""
PENALTY = 0.5
"""Noise variance relative to the kernel's; features leave much of a colour open."""


@dataclass(frozen=True)
class KernelRidge:
    """A fitted model: standardisation of the features, the examples and their weights."""

    centre: Array
    scale: Array
    examples: NDArray[np.float32]
    weights: NDArray[np.float32]

    def predict(self, features: Array) -> Array:
        """Targets, (n, targets), of features, (n, features)."""
        rows = (features - self.centre) / self.scale
        return _kernel(rows, self.examples.astype(np.float64)) @ self.weights


def _kernel(a: Array, b: Array) -> Array:
    """A Gaussian for what is alike, a linear part for the rest."""
    dot = a @ b.T
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * dot
    gaussian = np.exp(-WIDTH * squared / a.shape[1])
    return np.asarray(gaussian + LINEAR_SHARE * dot / a.shape[1])


def fit_kernel_ridge(
    features: Array, targets: Array, importance: Array, relevance: Array
) -> KernelRidge:
    """Fit targets, (n, targets), to features, (n, features).

    Args:
        importance: (n,) how much each row counts; 1 is usual.
        relevance: (features,) how much each feature counts once all are of unit variance.
    """
    centre = features.mean(0)
    scale = (features.std(0) + 1e-6) * np.sqrt((relevance**2).mean()) / relevance
    rows = ((features - centre) / scale).astype(np.float32)
    gram = _kernel(rows.astype(np.float64), rows.astype(np.float64))
    gram[np.diag_indices_from(gram)] += PENALTY / importance
    weights = np.linalg.solve(gram, targets)
    return KernelRidge(centre, scale, rows, weights.astype(np.float32))
