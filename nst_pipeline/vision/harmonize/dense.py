"""Small networks of dense layers on features, evaluated in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

INPUT_LIMIT = 5.0
"""Inputs are clipped to this many standard deviations, as in training."""


@dataclass(frozen=True)
class DenseNetwork:
    """A network of dense layers with SiLU between them.

    Attributes
    ----------
    center, scale
        (n,) float32, mean and standard deviation of the inputs in training.
    layers
        Weights, (inputs, outputs), and biases, (outputs,), each float32, in order.

    References
    ----------
    S. Elfwing et al., "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", Neural Networks 107, 2018: x sigmoid(x), the SiLU.
    """

    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    def predict(self, inputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return the outputs, (m,), for inputs, (n,)."""
        values = np.clip((inputs - self.center) / self.scale, -INPUT_LIMIT, INPUT_LIMIT)
        *hidden, (weights, bias) = self.layers
        for each, offset in hidden:
            linear = values @ each + offset
            values = linear / (1 + np.exp(-linear))
        return np.asarray(values @ weights + bias, np.float64)


def load_dense(path: Path) -> DenseNetwork:
    """Read a network that comes with the package, from an .npz file without pickles."""
    with np.load(path, allow_pickle=False) as arrays:
        count = sum(name.startswith("weights") for name in arrays.files)
        layers = tuple((arrays[f"weights{n}"], arrays[f"bias{n}"]) for n in range(count))
        return DenseNetwork(arrays["center"], arrays["scale"], layers)
