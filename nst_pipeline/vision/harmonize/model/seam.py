"""The seam: what happens to the colors from the object's last pixel to the scene's first.

In a photo, colors run smoothly across an outline, for the lens and the sensor blur it. A pasted or
recolored object makes a step there, and where the picture's content goes on across the outline,
the step tells what was changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask

Colors = NDArray[np.float64]
"""(n, 3) LAB values, or (3,) figures of them."""

SEAM_FEATURES = 16
SMALLEST_SEAM = 8
"""Crossings; fewer tell nothing."""
FLOOR = 0.5
"""LAB units; keeps ratios of flat regions finite."""
BLENT_STEP, HARD_STEP = 0.2, 0.5
"""Log step ratios: nine in ten photos lie below the first, pastes by a hard mask above the
second."""
LOG_SCALE = 10.0
"""Brings logarithms and correlations to the size of LAB values, so that all weigh alike."""


def _crossings(lab: Lab, inside: Mask) -> Colors:
    """The pixels across the outline, (n, 4, 3): second inner, inner, outer, second outer.

    All four directions along rows and columns, where two pixels on either side belong to it.
    """
    found = []
    for colors, mask in ((lab, inside), (lab.transpose(1, 0, 2), inside.T)):
        for way in (1, -1):
            line, own = colors[:, ::way], mask[:, ::way]
            y, x = np.nonzero(own[:, :-3] & own[:, 1:-2] & ~own[:, 2:-1] & ~own[:, 3:])
            found.append(np.stack([line[y, x + offset] for offset in range(4)], axis=1))
    return np.concatenate(found).astype(np.float64)


def _log_ratio(step: Colors, near: Colors) -> Colors:
    return np.asarray(np.log((step + FLOOR) / (near + FLOOR)))


def step_ratio(lab: Lab, inside: Mask) -> float:
    """Log of the outline's mean step over that between its neighbors; 0 where there is none.

    Natural outlines stay near 0; a hard paste lies above 0.4, whatever its colors.
    """
    crossings = _crossings(lab, inside)
    if len(crossings) < SMALLEST_SEAM:
        return 0.0
    inner, step, outer = np.linalg.norm(np.diff(crossings, axis=1), axis=-1).mean(0)
    return float(_log_ratio(step, (inner + outer) / 2))


def hardness(lab: Lab, inside: Mask) -> float:
    """How surely the object's outline is a paste's, 0..1: it steps as no lens shows it."""
    step = step_ratio(lab, inside)
    return float(np.clip((step - BLENT_STEP) / (HARD_STEP - BLENT_STEP), 0, 1))


def describe_seam(lab: Lab, inside: Mask) -> Colors:
    """The seam as `SEAM_FEATURES` numbers, in LAB units or scaled like them.

    The step beyond what the slopes on both sides explain, its median, its size against its
    neighbors' (each channel and all), the contrast of the last pixels inside against the first
    outside, and how far these go together: where they do, content continues across the outline.
    """
    crossings = _crossings(lab, inside)
    if len(crossings) < SMALLEST_SEAM:
        return np.zeros(SEAM_FEATURES)
    second, inner, outer, beyond = crossings.transpose(1, 0, 2)
    step, slope = inner - outer, ((second - inner) + (outer - beyond)) / 2
    near = (np.abs(second - inner) + np.abs(outer - beyond)) / 2
    spread, other = inner.std(0) + FLOOR, outer.std(0) + FLOOR
    together = ((inner - inner.mean(0)) * (outer - outer.mean(0))).mean(0) / (spread * other)
    return np.concatenate(
        [
            (step - slope).mean(0),
            np.median(step, axis=0),
            LOG_SCALE * _log_ratio(np.abs(step).mean(0), near.mean(0)),
            [LOG_SCALE * step_ratio(lab, inside)],
            LOG_SCALE * np.log(spread / other),
            LOG_SCALE * together,
        ]
    )
