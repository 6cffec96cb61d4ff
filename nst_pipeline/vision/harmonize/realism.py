"""The realism score: which candidate is the safest, judged without the truth."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.harmonize.object_view import ObjectView

SCORE_SCALE = 10.0
"""LAB units of expected error that halve a candidate's score."""
UNDECIDED = 0.5


def _distance(one: ObjectView, other: ObjectView) -> float:
    """Mean squared LAB distance over the object: colors and structure both count."""
    return float(((one.lab - other.lab)[one.inside] ** 2).sum(-1).mean())


def score_candidate(
    candidate: ObjectView, untouched: ObjectView, corrected: ObjectView, trust: float
) -> float:
    """How small the error of a candidate is to be expected, 0..1, higher is better.

    Either the untouched object is natural, then every change is an error; or it is not, then the
    truth is best guessed by the corrected one.

    Args:
        candidate, untouched, corrected: the same composite with different colors.
        trust: probability that the untouched object is natural, 0..1.
    """
    expected = trust * _distance(candidate, untouched)
    expected += (1 - trust) * _distance(candidate, corrected)
    return float(1 / (1 + np.sqrt(expected) / SCORE_SCALE))
