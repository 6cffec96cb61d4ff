"""How natural a composite looks, judged without the truth, and which candidate is the safest."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.describe import View, view
from nst_pipeline.vision.seam import hardness
from nst_pipeline.vision.shapes import Matte, Rgb

EVEN_JUMP, JUMP_SCALE = 9.0, 9.0
"""LAB units. The chroma jump at which an untouched object and a recoloured one are equally likely,
and how fast that turns: a logistic fit to photos of everyday things."""
SCORE_SCALE = 10.0
"""LAB units of expected error that halve a candidate's score."""
UNDECIDED = 0.5


def chroma_jump(seen: View) -> float:
    """Distance of the mean (a, b) just inside and just outside the object, LAB units.

    The best sign of a composite that needs no reference.
    """
    inside, outside = seen.lab[seen.rim].mean(0), seen.lab[seen.ring].mean(0)
    return float(np.hypot(*(inside - outside)[1:]))


def view_realism(seen: View) -> float:
    """`realism` of what is seen."""
    even = 1 / (1 + np.exp((chroma_jump(seen) - EVEN_JUMP) / JUMP_SCALE))
    return float(even) * (1 - hardness(seen.lab, seen.inside))


def realism(composite: Rgb, matte: Matte) -> float:
    """How natural the object's colours look in their surroundings, 0..1, higher is better.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.

    Returns:
        The trust that they were not changed; 0.5 where there is nothing to judge.
    """
    seen = view(composite, matte)
    return UNDECIDED if seen is None else view_realism(seen)


def _distance(one: View, other: View) -> float:
    """Mean squared LAB distance over the object: colours and structure both count."""
    return float(((one.lab - other.lab)[one.inside] ** 2).sum(-1).mean())


def score_candidate(candidate: View, untouched: View, corrected: View, trust: float) -> float:
    """How small the error of a candidate is to be expected, 0..1, higher is better.

    Either the untouched object is natural, then every change is an error; or it is not, then the
    truth is best guessed by the corrected one.

    Args:
        candidate, untouched, corrected: the same composite with different colours.
        trust: probability that the untouched object is natural, 0..1.
    """
    expected = trust * _distance(candidate, untouched)
    expected += (1 - trust) * _distance(candidate, corrected)
    return float(1 / (1 + np.sqrt(expected) / SCORE_SCALE))
