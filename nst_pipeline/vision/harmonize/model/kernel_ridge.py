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
nothing, and a color model that does not know should not act, while a line goes on for ever."""
PENALTY = 0.5
"""Noise variance relative to the kernel's; features leave much of a color open."""


@dataclass(frozen=True)
class KernelRidge:
    """A fitted model: how features are scaled, the examples so scaled, and their weights.

    Attributes:
        centre, scale: (features,) mean and standard deviation.
        examples: (rows, features) of zero mean and unit variance.
        relevance: (features,) factors by which distances count them.
        weights: (rows, targets).
    """

    centre: Array
    scale: Array
    examples: NDArray[np.float32]
    relevance: Array
    weights: NDArray[np.float32]

    def predict(self, features: Array) -> Array:
        """Targets, (..., targets), of features, (..., features)."""
        rows = np.atleast_2d((features - self.centre) / self.scale * self.relevance)
        found = _kernel(rows, self.examples * self.relevance) @ self.weights
        return np.asarray(found.reshape(*features.shape[:-1], -1))


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
        relevance: (features,) how much each feature counts once all are of unit variance; 0
            leaves it out. Only their proportions matter.
    """
    centre, scale = features.mean(0), features.std(0) + 1e-6
    examples = ((features - centre) / scale).astype(np.float32)
    even = relevance / np.sqrt((relevance**2).mean())
    gram = _kernel(examples * even, examples * even)
    gram[np.diag_indices_from(gram)] += PENALTY / importance
    weights = np.linalg.solve(gram, targets)
    return KernelRidge(centre, scale, examples, even, weights.astype(np.float32))
