"""How strongly a loss bends at each spatial frequency, and changes measured by it.

Fine detail bends these losses tens of times as strongly as broad areas do: total variation and
the style of early layers see differences of neighbors. A search that knows it takes few steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from nst_pipeline.style.search import Canvas, LossAndGradient, Pixels

Vector = NDArray[np.float64]

_PROBE_LEVELS = 4.0
"""Of 255, standard deviation: far above bfloat16's rounding, and about as far as one step goes."""
_BROAD = 0.25
"""Of the Laplacian's 0 to 8: waves of 12 pixels and more."""
_MEAN_ROUGHNESS = 4.0
"""The Laplacian's mean over all frequencies."""
_LEAST_BEND = 0.02
"""Of the mean curvature; a broad area that hardly bends must not be moved without limit."""
_FIRST_STEP_LEVELS = 8.0
"""Of 255, root mean square: noise says little about the curvature along the gradient."""


def _frequencies(picture: Pixels) -> Pixels:
    return np.asarray(dctn(picture, axes=(0, 1), norm="ortho", workers=-1), np.float32)


def _pixels(frequencies: Pixels) -> Pixels:
    return np.asarray(idctn(frequencies, axes=(0, 1), norm="ortho", workers=-1), np.float32)


def _roughness(height: int, width: int) -> NDArray[np.float32]:
    """The Laplacian's eigenvalues for the cosine transform, (height, width, 1), 0 to 8."""
    down, across = (2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in (height, width))
    return np.asarray(down[:, None] + across, np.float32)[..., np.newaxis]


@dataclass(frozen=True)
class Metric:
    """Changes in units in which the loss bends about alike in every direction.

    `scale` is (height, width, 1): the cosine transform's coefficient for one unit.
    """

    scale: NDArray[np.float32]

    def change(self, units: Vector) -> Pixels:
        """A change from its units, (height x width x 3,)."""
        height, width, _ = self.scale.shape
        return _pixels(units.reshape(height, width, 3).astype(np.float32) * self.scale)

    def gradient(self, gradient: Pixels) -> Vector:
        """A change's gradient as its units'."""
        return (_frequencies(gradient) * self.scale).astype(np.float64).ravel()


def _bends(probe: Pixels, bent: Pixels, roughness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Curvature as `broad + slope * roughness`, from a probe and what it does to the gradient."""
    moved, force = _frequencies(probe), _frequencies(bent)
    broad = np.broadcast_to(roughness <= _BROAD, moved.shape)
    low, mean = (
        float((moved[part] * force[part]).sum() / (moved[part] ** 2).sum())
        for part in (broad, np.ones_like(broad))
    )
    if mean <= 0:
        return np.ones_like(roughness)
    low = min(max(low, _LEAST_BEND * mean), mean)
    return np.asarray(low + (mean - low) / _MEAN_ROUGHNESS * roughness, np.float32)


def measured_metric(evaluate: LossAndGradient, canvas: Canvas, gradient: Pixels) -> Metric:
    """Measure the curvature by one more gradient, a little beside the start.

    The first step of length 1 then is Newton's, or shorter where that would be far.

    Args:
        evaluate: loss and gradient of a picture.
        canvas: where the search starts, and what may change.
        gradient: of the loss at the start, as the change's.
    """
    random = np.random.default_rng(0)
    noise = random.normal(0, _PROBE_LEVELS, canvas.start.shape).astype(np.float32)
    probe = canvas.allowed(noise)
    bent = canvas.allowed(evaluate(canvas.start + probe)[1]) - gradient
    height, width, _ = canvas.start.shape
    scale = 1 / np.sqrt(_bends(probe, bent, _roughness(height, width)))
    slopes = _frequencies(gradient) * scale
    far = float(np.sqrt(np.mean((slopes * scale) ** 2)))
    length = float(np.linalg.norm(slopes)) * min(1.0, _FIRST_STEP_LEVELS / max(far, 1e-12))
    return Metric(np.asarray(scale * length, np.float32))
