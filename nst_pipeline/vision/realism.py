"""How natural a composite looks, judged without the truth."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.colour import Lab
from nst_pipeline.vision.describe import View, view
from nst_pipeline.vision.shapes import Matte, Rgb

USUAL_JUMP, JUMP_SCALE = 14.0, 6.0
"""LAB units. Chroma jump across the boundary at which natural photos and recoloured ones are
equally likely, and how fast that turns."""
STRUCTURE_WEIGHT = 1.0
"""What a candidate loses for each unit of structure (1 - SSIM) it costs the object."""
CHANGE_WEIGHT = 0.004
"""What a candidate loses for each LAB unit that it moves the object on average: harm is worse
than a missed gain."""
_SSIM_SIGMA = 1.5
_SSIM_FLOORS = (1.0, 9.0)
"""Wang et al. (2004), (0.01 x 100)^2 and (0.03 x 100)^2 on lightness 0..100."""


def chroma_jump(seen: View) -> float:
    """Distance of the mean (a, b) just inside and just outside the object, LAB units.

    The best sign of a composite that needs no reference.
    """
    inside, outside = seen.lab[seen.rim].mean(0), seen.lab[seen.ring].mean(0)
    return float(np.hypot(*(inside - outside)[1:]))


def _realism(seen: View) -> float:
    return float(1 / (1 + np.exp((chroma_jump(seen) - USUAL_JUMP) / JUMP_SCALE)))


def realism(composite: Rgb, matte: Matte) -> float:
    """How natural the object looks in its surroundings, 0..1, higher is better.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.

    Returns:
        0.5 where there is nothing to judge.
    """
    seen = view(composite, matte)
    return 0.5 if seen is None else _realism(seen)


def _structure_loss(before: Lab, after: Lab, seen: View) -> float:
    """One minus the structural similarity of lightness, over the object."""

    def local(values: Lab) -> Lab:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), _SSIM_SIGMA), np.float32)

    a, b = before[..., 0], after[..., 0]
    mean_a, mean_b = local(a), local(b)
    together = local(a * b) - mean_a * mean_b
    variances = local(a * a) - mean_a**2 + local(b * b) - mean_b**2
    similarity = (2 * together + _SSIM_FLOORS[1]) / (variances + _SSIM_FLOORS[1])
    return float(1 - similarity[seen.inside].mean())


def score_candidate(untouched: Rgb, candidate: Rgb, matte: Matte) -> float:
    """The candidate's realism, less what it costs: lost structure, and change as such.

    The untouched composite's own score is its realism.

    Args:
        untouched, candidate: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.
    """
    before, after = view(untouched, matte), view(candidate, matte)
    if before is None or after is None:
        return 0.5
    moved = np.linalg.norm((after.lab - before.lab)[before.inside], axis=-1).mean()
    lost = _structure_loss(before.lab, after.lab, before)
    return _realism(after) - STRUCTURE_WEIGHT * lost - CHANGE_WEIGHT * float(moved)
