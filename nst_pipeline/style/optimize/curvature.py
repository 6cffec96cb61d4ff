"""Measure the curvature of a loss at each spatial frequency, and precondition a search with it.

Fine detail has tens of times the curvature of broad areas in these losses: total variation and
the style of early layers depend on differences between neighboring pixels. A search whose units
account for this takes few steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from nst_pipeline.style.optimize.search import LossAndGradient, Pixels, SearchSpace

Vector = NDArray[np.float64]

_MEAN_EIGENVALUE = 4.0
"""Mean of the Laplacian's eigenvalues over all frequencies."""


@dataclass(frozen=True)
class CurvatureParameters:
    """How the curvature is measured and bounded."""

    probe_std: float = 4.0
    """Standard deviation of the probe, of 255: far above bfloat16's rounding error, and about as
    long as one step."""
    broad_eigenvalue: float = 0.25
    """Frequencies up to this eigenvalue of the Laplacian (0 to 8) count as broad areas: waves of
    12 pixels and longer."""
    min_broad_curvature: float = 0.02
    """Lower bound for broad areas, as a fraction of the mean curvature; limits steps in areas with
    almost no curvature."""
    max_first_step: float = 8.0
    """Limit of the first step's root mean square, of 255: a noise probe says little about the
    curvature along the gradient."""


def _to_frequencies(picture: Pixels) -> Pixels:
    return np.asarray(dctn(picture, axes=(0, 1), norm="ortho", workers=-1), np.float32)


def _to_pixels(frequencies: Pixels) -> Pixels:
    return np.asarray(idctn(frequencies, axes=(0, 1), norm="ortho", workers=-1), np.float32)


def _laplacian_eigenvalues(height: int, width: int) -> NDArray[np.float32]:
    """Compute the eigenvalues for the cosine transform, (height, width, 1), 0 to 8."""
    down, across = (2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in (height, width))
    return np.asarray(down[:, None] + across, np.float32)[..., np.newaxis]


@dataclass(frozen=True)
class Preconditioner:
    """Units for changes in which the loss has about the same curvature in every direction.

    Attributes
    ----------
    scale
        (height, width, 1) float32: the cosine coefficient that one unit stands for.
    """

    scale: NDArray[np.float32]

    def change(self, units: Vector) -> Pixels:
        """Convert units, (height * width * 3,), into a change of the picture."""
        height, width, _ = self.scale.shape
        return _to_pixels(units.reshape(height, width, 3).astype(np.float32) * self.scale)

    def gradient(self, gradient: Pixels) -> Vector:
        """Convert a gradient with respect to the change into one with respect to the units."""
        return (_to_frequencies(gradient) * self.scale).astype(np.float64).ravel()


def _fit_curvature(
    probe: Pixels,
    response: Pixels,
    eigenvalues: NDArray[np.float32],
    parameters: CurvatureParameters,
) -> NDArray[np.float32]:
    """Fit curvature = broad + slope * eigenvalue to a probe and the change of the gradient."""
    moved, force = _to_frequencies(probe), _to_frequencies(response)
    broad = np.broadcast_to(eigenvalues <= parameters.broad_eigenvalue, moved.shape)
    low, mean = (
        float((moved[part] * force[part]).sum() / (moved[part] ** 2).sum())
        for part in (broad, np.ones_like(broad))
    )
    if mean <= 0:
        return np.ones_like(eigenvalues)
    low = min(max(low, parameters.min_broad_curvature * mean), mean)
    return np.asarray(low + (mean - low) / _MEAN_EIGENVALUE * eigenvalues, np.float32)


def measure_preconditioner(
    evaluate: LossAndGradient,
    space: SearchSpace,
    gradient: Pixels,
    *,
    parameters: CurvatureParameters = CurvatureParameters(),
) -> Preconditioner:
    """Measure the curvature with one more gradient, at a random picture near the start.

    A first step of length 1 is then a Newton step, or a shorter one if that would be too long.

    Parameters
    ----------
    evaluate
        Loss and gradient of a picture.
    space
        The start of the search, and the changes allowed.
    gradient
        Gradient of the loss at the start, with respect to the change.
    parameters
        Size of the probe, and bounds.
    """
    random = np.random.default_rng(0)
    noise = random.normal(0, parameters.probe_std, space.start.shape).astype(np.float32)
    probe = space.project(noise)
    response = space.project(evaluate(space.start + probe)[1]) - gradient
    height, width, _ = space.start.shape
    eigenvalues = _laplacian_eigenvalues(height, width)
    scale = 1 / np.sqrt(_fit_curvature(probe, response, eigenvalues, parameters))
    slopes = _to_frequencies(gradient) * scale
    newton_rms = float(np.sqrt(np.mean((slopes * scale) ** 2)))
    shortening = min(1.0, parameters.max_first_step / max(newton_rms, 1e-12))
    length = float(np.linalg.norm(slopes)) * shortening
    return Preconditioner(np.asarray(scale * length, np.float32))
