"""Recognize an object that lies in its own photo, perhaps recolored there, by its outline.

In its own photo, lens and sensor blur an outline, so that the colors next to it follow from their
neighbors in the same way as everywhere. A pasted object breaks this, whatever its colors and
however soft its edge. In its own photo alone, what the seam tells of colors is true.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.dense import DenseNetwork, load_dense
from nst_pipeline.vision.harmonize.model.seam import (
    LOG_SCALE,
    SEAM,
    SEAM_FEATURES,
    crossings,
    describe_seam,
)
from nst_pipeline.vision.harmonize.object_view import ObjectView
from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask

LEAST_LOGIT = 2.0
"""Of the answer that an object is in its place. Less is unsure: one in twelve pasted objects gets
as much, one in five 0; of those recolored in their place, more than nine in ten."""
_FILE = Path(__file__).with_name("in_place.npz")
OUTLINE_FEATURES = SEAM_FEATURES + 24


def _dependence(values: NDArray[np.float64], neighbors: NDArray[np.float64]) -> list[float]:
    """Fit values, (n,), by their three neighbors, (n, 3): the weights, and how little is left."""
    inputs = np.column_stack([neighbors, np.ones(len(values))])
    weights = np.linalg.lstsq(inputs, values, rcond=None)[0]
    left = np.std(values - inputs @ weights)
    steps = np.abs(values - neighbors[:, 0]).mean()
    return [*weights[:3], float(np.log((left + SEAM.floor) / (steps + SEAM.floor)))]


def describe_outline(lab: Lab, inside: Mask) -> NDArray[np.float64]:
    """Describe an outline by the seam's features, and by how pixels at it follow from neighbors.

    Parameters
    ----------
    lab
        (height, width, 3) float32.
    inside
        (height, width) bool, the object.

    Returns
    -------
    numpy.ndarray
        (40,) float64: 16 of `describe_seam`; then for each channel, of the first pixel outside
        and of the last one inside, the weights of three neighbors across the outline, and the
        logarithm of what they leave unexplained. Zeros if there is no outline.
    """
    lines = crossings(lab, inside)
    if len(lines) < SEAM.fewest_crossings:
        return np.zeros(OUTLINE_FEATURES)
    found = []
    for second, inner, outer, beyond in lines.transpose(2, 1, 0):
        found += _dependence(outer, np.column_stack([beyond, inner, second]))
        found += _dependence(inner, np.column_stack([second, outer, beyond]))
    return np.concatenate([describe_seam(lab, inside), LOG_SCALE * np.array(found)])


@cache
def in_place_network() -> DenseNetwork:
    """Load the network that comes with the package; docs/models.md has its card."""
    return load_dense(_FILE)


def is_in_place(view: ObjectView) -> bool:
    """Whether an object lies in its own photo, rather than being pasted from another."""
    return bool(
        in_place_network().predict(describe_outline(view.lab, view.inside))[0] > LEAST_LOGIT
    )
