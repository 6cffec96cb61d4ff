"""Geometry of detected boxes: overlap, duplicates, sizes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nst_pipeline.vision.shapes import Box, Detection

_DUPLICATE_OVERLAP = 0.45
"""Boxes that share more than this (intersection over union) show the same object."""
_DUPLICATE_INSIDE = 0.8
"""A box that lies inside a better one by more than this share is a part of it."""


def _intersection(a: Box, b: Box) -> int:
    width = min(a.right, b.right) - max(a.x, b.x)
    height = min(a.bottom, b.bottom) - max(a.y, b.y)
    return max(width, 0) * max(height, 0)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1; 0 where both are without area."""
    shared = _intersection(a, b)
    union = a.width * a.height + b.width * b.height - shared
    return shared / union if union else 0.0


def _same_object(a: Box, b: Box) -> bool:
    smaller = min(a.width * a.height, b.width * b.height)
    inside = _intersection(a, b) / smaller if smaller else 1.0
    return overlap(a, b) > _DUPLICATE_OVERLAP or inside > _DUPLICATE_INSIDE


def distinct(detections: Iterable[Detection]) -> list[Detection]:
    """Drop every detection that shows the same object as a better one; best first."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda found: -found.score):
        if not any(_same_object(detection.box, better.box) for better in kept):
            kept.append(detection)
    return kept


def scaled(box: Box, factor_x: float, factor_y: float) -> Box:
    """A box in the pixels of a picture that is larger or smaller by these factors.

    Rounded outwards: a picture's whole frame stays its whole frame.
    """
    x, y = math.floor(box.x * factor_x), math.floor(box.y * factor_y)
    # A hair of tolerance, so that 10 * 1.1 is 11 columns and not 12.
    right, bottom = math.ceil(box.right * factor_x - 1e-6), math.ceil(box.bottom * factor_y - 1e-6)
    return Box(x, y, right - x, bottom - y)
