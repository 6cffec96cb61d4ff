"""Compare, deduplicate and scale detected boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from nst_pipeline.vision.shapes import Box, Detection

_ROUNDING_TOLERANCE_PX = 1e-6
"""Keeps 10 * 1.1 at 11 columns, not 12."""


@dataclass(frozen=True)
class DuplicateParameters:
    """Limits from which two boxes show the same object."""

    max_overlap: float = 0.45
    """Boxes with a larger intersection over union show the same object."""
    max_inside: float = 0.8
    """A box with a larger fraction of its area inside a better one is a part of it."""


def _intersection(a: Box, b: Box) -> int:
    width = min(a.right, b.right) - max(a.x, b.x)
    height = min(a.bottom, b.bottom) - max(a.y, b.y)
    return max(width, 0) * max(height, 0)


def intersection_over_union(a: Box, b: Box) -> float:
    """Compute the intersection over union of two boxes, 0..1; 0 if neither has an area.

    Examples
    --------
    >>> intersection_over_union(Box(0, 0, 10, 10), Box(5, 0, 10, 10))
    0.3333333333333333
    """
    shared = _intersection(a, b)
    union = a.width * a.height + b.width * b.height - shared
    return shared / union if union else 0.0


def _same_object(a: Box, b: Box, parameters: DuplicateParameters) -> bool:
    smaller = min(a.width * a.height, b.width * b.height)
    inside = _intersection(a, b) / smaller if smaller else 1.0
    return intersection_over_union(a, b) > parameters.max_overlap or inside > parameters.max_inside


def drop_duplicates(
    detections: Iterable[Detection], *, parameters: DuplicateParameters = DuplicateParameters()
) -> list[Detection]:
    """Drop every detection that shows the same object as one with a higher score.

    Parameters
    ----------
    detections
        In any order.
    parameters
        Limits from which two boxes show the same object.

    Returns
    -------
    list of Detection
        Best first; equal scores keep their order.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda found: -found.score):
        if not any(_same_object(detection.box, better.box, parameters) for better in kept):
            kept.append(detection)
    return kept


def scale_box(box: Box, factor_x: float, factor_y: float) -> Box:
    """Convert a box to the pixels of a picture scaled by these factors.

    The box is rounded outward, so that the box of a whole picture still covers all of it.

    Examples
    --------
    >>> scale_box(Box(1, 2, 3, 4), 2, 0.5)
    Box(x=2, y=1, width=6, height=2)
    """
    x, y = math.floor(box.x * factor_x), math.floor(box.y * factor_y)
    right = math.ceil(box.right * factor_x - _ROUNDING_TOLERANCE_PX)
    bottom = math.ceil(box.bottom * factor_y - _ROUNDING_TOLERANCE_PX)
    return Box(x, y, right - x, bottom - y)
