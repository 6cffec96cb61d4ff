"""Give a picture the colors of a style: a start from which a search takes few steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.optimize.problem import TransferProblem
from nst_pipeline.style.optimize.search import PIXEL_RANGE, Pixels

_Matrix = NDArray[np.float64]
_LEAST_VARIANCE = 1.0
"""Of a color direction, in squared levels: a flat picture has no contrast to stretch."""


def _root(matrix: _Matrix) -> _Matrix:
    """Compute the square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def _statistics(picture: NDArray[Any], mask: NDArray[Any]) -> tuple[_Matrix, _Matrix]:
    colors, weights = picture.reshape(-1, 3).astype(np.float64), mask.reshape(-1)
    mean = np.average(colors, axis=0, weights=weights)
    covariance = np.cov(colors.T, aweights=weights, ddof=0)
    return mean, covariance + _LEAST_VARIANCE * np.eye(3)


def match_colors(problem: TransferProblem) -> Pixels:
    """Map the content's colors so that their mean and covariance are the style's.

    Of all linear maps that do this, it is the one that changes colors least.

    Parameters
    ----------
    problem
        Only colors within the two masks count.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) float32, RGB 0..255.

    References
    ----------
    Pitie and Kokaram, "The Linear Monge-Kantorovitch Linear Colour Mapping for Example-Based Colour
    Transfer", CVMP 2007.
    """
    mean, covariance = _statistics(problem.content, problem.mask)
    style_mean, style_covariance = _statistics(problem.style, problem.style_mask)
    root = _root(covariance)
    inverse = np.linalg.inv(root)
    linear = inverse @ _root(root @ style_covariance @ root) @ inverse
    return np.asarray(
        np.clip((problem.content - mean) @ linear + style_mean, *PIXEL_RANGE), np.float32
    )
