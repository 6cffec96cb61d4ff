"""Describe the seam: how colors change from an object's outermost pixels to the scene's first.

In a photo, colors change smoothly across an outline, because lens and sensor blur it. A pasted or
recolored object makes a step there. Where the same surface continues across the outline, the step
shows how its color was changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask

Colors = NDArray[np.float64]
"""(n, 3) LAB values, or (3,) statistics of them."""

SEAM_FEATURES = 16
"""Five features for each of three channels, and one for all."""
LOG_SCALE = 10.0
"""Scales logarithms and correlations to the size of LAB values."""


@dataclass(frozen=True)
class SeamParameters:
    """How a seam is measured."""

    fewest_crossings: int = 8
    """A seam with fewer crossings is not measured."""
    floor: float = 0.5
    """LAB units; keeps ratios of flat regions finite."""
    natural_step: float = 0.2
    """Log step ratio below which nine in ten photos lie."""
    pasted_step: float = 0.5
    """Log step ratio that objects pasted by a hard mask exceed."""


SEAM = SeamParameters()


def crossings(lab: Lab, inside: Mask) -> Colors:
    """Collect the pixels across the outline, (n, 4, 3): two inside, then two outside.

    The outline is crossed in four directions, along rows and columns.
    """
    found = []
    for colors, mask in ((lab, inside), (lab.transpose(1, 0, 2), inside.T)):
        for direction in (1, -1):
            line, own = colors[:, ::direction], mask[:, ::direction]
            y, x = np.nonzero(own[:, :-3] & own[:, 1:-2] & ~own[:, 2:-1] & ~own[:, 3:])
            found.append(np.stack([line[y, x + offset] for offset in range(4)], axis=1))
    return np.concatenate(found).astype(np.float64)


def _log_ratio(step: Colors, near: Colors, floor: float) -> Colors:
    return np.asarray(np.log((step + floor) / (near + floor)))


def step_ratio(lab: Lab, inside: Mask, *, parameters: SeamParameters = SEAM) -> float:
    """Compute the log ratio of the mean step across the outline to the steps next to it.

    Natural outlines have a ratio near 0; a hard paste has one above 0.4, regardless of its
    colors.

    Parameters
    ----------
    lab
        (height, width, 3) float32.
    inside
        (height, width) bool, the object.
    parameters
        How a seam is measured.

    Returns
    -------
    float
        0 if there is no outline.

    Examples
    --------
    >>> import numpy as np
    >>> lab, inside = np.zeros((20, 20, 3), np.float32), np.zeros((20, 20), bool)
    >>> inside[5:15, 5:15] = True
    >>> lab[inside] = 40
    >>> step_ratio(lab, inside) > 4
    True
    """
    lines = crossings(lab, inside)
    if len(lines) < parameters.fewest_crossings:
        return 0.0
    inner, step, outer = np.linalg.norm(np.diff(lines, axis=1), axis=-1).mean(0)
    return float(_log_ratio(step, (inner + outer) / 2, parameters.floor))


def hardness(lab: Lab, inside: Mask, *, parameters: SeamParameters = SEAM) -> float:
    """Compute how much an outline resembles that of a hard paste, 0..1."""
    step = step_ratio(lab, inside, parameters=parameters)
    span = parameters.pasted_step - parameters.natural_step
    return float(np.clip((step - parameters.natural_step) / span, 0, 1))


def describe_seam(lab: Lab, inside: Mask, *, parameters: SeamParameters = SEAM) -> Colors:
    """Describe the seam by `SEAM_FEATURES` numbers, in LAB units or scaled like them.

    They are: the step beyond what the slopes on both sides explain; its median; its size relative
    to the steps next to it, per channel and for all; the contrast of the last pixels inside
    relative to the first outside; and the correlation of the two, which is high where the same
    surface continues across the outline.

    Parameters
    ----------
    lab
        (height, width, 3) float32.
    inside
        (height, width) bool, the object.
    parameters
        How a seam is measured.

    Returns
    -------
    Colors
        (16,); zeros if there is no outline.
    """
    lines, floor = crossings(lab, inside), parameters.floor
    if len(lines) < parameters.fewest_crossings:
        return np.zeros(SEAM_FEATURES)
    second, inner, outer, beyond = lines.transpose(1, 0, 2)
    step, slope = inner - outer, ((second - inner) + (outer - beyond)) / 2
    near = (np.abs(second - inner) + np.abs(outer - beyond)) / 2
    inner_std, outer_std = inner.std(0) + floor, outer.std(0) + floor
    covariance = ((inner - inner.mean(0)) * (outer - outer.mean(0))).mean(0)
    correlation = covariance / (inner_std * outer_std)
    return np.concatenate(
        [
            (step - slope).mean(0),
            np.median(step, axis=0),
            LOG_SCALE * _log_ratio(np.abs(step).mean(0), near.mean(0), floor),
            [LOG_SCALE * step_ratio(lab, inside, parameters=parameters)],
            LOG_SCALE * np.log(inner_std / outer_std),
            LOG_SCALE * correlation,
        ]
    )
