"""Predict the probability that a pixel belongs to the object, from features of its box."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features import FeatureMap, FeatureMaps

_FILE = Path(__file__).with_name("pixel_classifier.npz")
KNOTS = (-1.0, 0.0, 1.0)
"""Standard deviations from a feature's mean at which its weight may change."""
MAX_DEVIATION = 3.0
"""Features are clipped to this many standard deviations from the mean, so that values never seen in
training do not dominate."""


@dataclass(frozen=True)
class PixelClassifier:
    """An additive logistic regression.

    Each feature adds a piecewise linear function of its value to the log odds of "object".
    `benchmarks/train_cutout.py` fits the weights.
    """

    feature_names: NDArray[np.str_]
    """(features,)"""
    means: NDArray[np.float32]
    """(features,), over the training pixels."""
    stds: NDArray[np.float32]
    """(features,), standard deviations over the training pixels."""
    weights: NDArray[np.float32]
    """(features, basis functions), see `piecewise_linear_basis`."""
    bias: NDArray[np.float32]
    """()"""

    def predict_probability(self, features: FeatureMaps) -> FeatureMap:
        """Predict the probability of "object" for each pixel.

        Parameters
        ----------
        features
            Maps of one shape by name, as `compute_features` returns them.

        Returns
        -------
        numpy.ndarray
            float32, 0..1, of the features' shape.
        """
        log_odds = np.full(features[str(self.feature_names[0])].shape, self.bias, np.float32)
        for name, mean, std, weights in zip(
            self.feature_names, self.means, self.stds, self.weights, strict=True
        ):
            log_odds += piecewise_linear_basis(features[str(name)], mean, std) @ weights
        return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)

    def save(self, path: Path = _FILE) -> None:
        """Write the classifier, by default to the file that `load_pixel_classifier` reads."""
        np.savez(path, **vars(self))


def piecewise_linear_basis(
    feature: FeatureMap,
    mean: np.floating | NDArray[np.floating],
    std: np.floating | NDArray[np.floating],
) -> NDArray[np.float32]:
    """Expand a feature into basis functions of a piecewise linear function.

    Parameters
    ----------
    feature
        Any shape.
    mean, std
        Mean and standard deviation of the feature in training; broadcast against it.

    Returns
    -------
    numpy.ndarray
        (..., 4) float32: the standardized feature, and its excess over each knot.
    """
    scaled = np.clip((feature - mean) / std, -MAX_DEVIATION, MAX_DEVIATION)
    functions = [scaled, *(np.maximum(scaled - knot, 0) for knot in KNOTS)]
    return np.stack(functions, axis=-1).astype(np.float32)


@cache
def load_pixel_classifier() -> PixelClassifier:
    """Load the classifier that ships with the package.

    It was trained on 209 research photos of scenes (256 x 256 pixels) with hand-drawn outlines. It
    holds only the weights of the features, no part of any photo. docs/evaluation.md gives the
    cross-validated accuracy.
    """
    with np.load(_FILE, allow_pickle=False) as stored:
        return PixelClassifier(**stored)
