"""Kernel ridge regression: fitted by scikit-learn, evaluated in numpy.

Prediction needs only the arrays of `KernelRidgeModel`, which are stored in the harmonizer's file;
scikit-learn is imported only to fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.model.arrays import Array

GAUSSIAN_FACTOR = 0.5
"""Factor of the mean squared difference of features in the Gaussian's exponent. It is part of the
model: stored models were fitted with it."""
LINEAR_SHARE = 0.1
"""Weight of the linear kernel, also part of the model. It is small: far from all examples the
Gaussian predicts 0, as it should for unknown colors, but a linear function grows without limit."""


@dataclass(frozen=True)
class KernelRidgeParameters:
    """How a kernel ridge model is fitted."""

    penalty: float = 0.5
    """Noise variance relative to the kernel's. It is large, because the features determine a color
    only roughly."""


@dataclass(frozen=True)
class KernelRidgeModel:
    """A fitted model.

    Attributes
    ----------
    center, scale
        (features,) float64, mean and standard deviation of the examples.
    examples
        (rows, features) float32, scaled to zero mean and unit variance.
    relevance
        (features,) float64, factors of the features in the kernel.
    weights
        (rows, targets) float32.
    """

    center: Array
    scale: Array
    examples: NDArray[np.float32]
    relevance: Array
    weights: NDArray[np.float32]

    def predict(self, features: Array) -> Array:
        """Predict targets, (..., targets), from features, (..., features)."""
        rows = np.atleast_2d((features - self.center) / self.scale * self.relevance)
        found = _kernel(rows, self.examples * self.relevance) @ self.weights
        return np.asarray(found.reshape(*features.shape[:-1], -1))


def _kernel(a: Array, b: Array) -> Array:
    """Compute a Gaussian kernel plus a linear one, (rows of a, rows of b)."""
    dot = a @ b.T
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * dot
    gaussian = np.exp(-GAUSSIAN_FACTOR * squared / a.shape[1])
    return np.asarray(gaussian + LINEAR_SHARE * dot / a.shape[1])


def fit_kernel_ridge(
    features: Array,
    targets: Array,
    sample_weight: Array,
    relevance: Array,
    *,
    parameters: KernelRidgeParameters = KernelRidgeParameters(),
) -> KernelRidgeModel:
    """Fit targets to features.

    Parameters
    ----------
    features
        (n, features).
    targets
        (n, targets).
    sample_weight
        (n,).
    relevance
        (features,), weight of each feature after scaling to unit variance; 0 leaves it out. Only
        the proportions matter.
    parameters
        The penalty.
    """
    from sklearn.kernel_ridge import KernelRidge

    center, scale = features.mean(0), features.std(0) + 1e-6
    examples = ((features - center) / scale).astype(np.float32)
    even = relevance / np.sqrt((relevance**2).mean())
    gram = _kernel(examples * even, examples * even)
    solver = KernelRidge(alpha=parameters.penalty, kernel="precomputed")
    weights = solver.fit(gram, targets, sample_weight=sample_weight).dual_coef_
    return KernelRidgeModel(center, scale, examples, even, weights.astype(np.float32))
