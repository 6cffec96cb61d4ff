"""The color fit: rank candidates by their expected error, since the truth is unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.harmonize.object_view import ObjectView


@dataclass(frozen=True)
class ColorFitParameters:
    """How an expected error becomes a fit."""

    half_fit_error: float = 10.0
    """LAB units; an expected error of this size gives a fit of one half."""


UNDECIDED = 0.5
"""Color fit and confidence if there is nothing to judge."""


def _squared_distance(one: ObjectView, other: ObjectView) -> float:
    """Compute the mean squared LAB distance over the object, in both color and structure."""
    return float(((one.lab - other.lab)[one.inside] ** 2).sum(-1).mean())


def color_fit(
    candidate: ObjectView,
    untouched: ObjectView,
    corrected: ObjectView,
    trust: float,
    *,
    parameters: ColorFitParameters = ColorFitParameters(),
) -> float:
    """Compute how well a candidate fits, by its expected error.

    Either the untouched object is natural, and every change is an error; or it is not, and the
    corrected object is the best guess of the truth.

    Parameters
    ----------
    candidate, untouched, corrected
        The same composite in different colors.
    trust
        Probability that the untouched object is natural, 0..1.
    parameters
        How the error becomes a fit.

    Returns
    -------
    float
        0..1, higher is better; 1 for no expected error.

    Examples
    --------
    >>> import numpy as np
    >>> everywhere = np.ones((4, 4), bool)
    >>> def gray(lightness):
    ...     lab = np.zeros((4, 4, 3), np.float32)
    ...     lab[..., 0] = lightness
    ...     return ObjectView(lab, everywhere, everywhere, everywhere, everywhere, 1.0)
    >>> color_fit(gray(50), untouched=gray(50), corrected=gray(60), trust=0.0)
    0.5
    """
    expected = trust * _squared_distance(candidate, untouched)
    expected += (1 - trust) * _squared_distance(candidate, corrected)
    return float(1 / (1 + np.sqrt(expected) / parameters.half_fit_error))
