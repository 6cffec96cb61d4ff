"""What an annotation tool's file says about one picture, whatever the tool is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.labels import Polygon
from nst_pipeline.storage.sidecars.marked import MarkedObject
from nst_pipeline.storage.sidecars.objects import box_of, parse_label
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.shapes import Mask

Note = Callable[[str], object]
"""Take a sentence about something that is left out."""

MAX_SIDE = 30_000
"""Pixels of a picture's side."""
_ELLIPSE_CORNERS = 64


@dataclass(frozen=True)
class AnnotatedPicture:
    """One picture and the objects in it.

    Attributes
    ----------
    name
        What the file calls the picture: a name, a path, or an address.
    width, height
        Its size, pixels.
    objects
        In its pixels.
    """

    name: str
    width: int
    height: int
    objects: tuple[MarkedObject, ...]


def number(value: object, where: str) -> float:
    """Return a finite number.

    Raises
    ------
    SidecarError
        It is none.
    """
    try:
        found = float(cast(float, value))
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise SidecarError(f"{where}: {value!r} is not a number: export the file again")
    return found


def side(value: object, where: str) -> int:
    """Return the length of a picture's side, pixels.

    Raises
    ------
    SidecarError
        It is none.
    """
    length = number(value, where)
    if not 1 <= length <= MAX_SIDE:
        raise SidecarError(f"{where}: {value!r} is not a picture's size: export the file again")
    return round(length)


def points_of(pairs: object, where: str) -> list[tuple[float, float]]:
    """Return a list of points.

    Raises
    ------
    SidecarError
        It is none.
    """
    if not isinstance(pairs, Sequence) or isinstance(pairs, str):
        raise SidecarError(f"{where} has no list of points: export the file again")
    points = []
    for pair in pairs:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise SidecarError(f"{where}: {pair!r} is not a point: export the file again")
        points.append((number(pair[0], where), number(pair[1], where)))
    return points


def from_polygon(
    points: Sequence[tuple[float, float]], label: str, where: str
) -> MarkedObject | None:
    """Describe an object by its outline; None if it has no area."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if len(points) < 3 or min(xs) == max(xs) or min(ys) == max(ys):
        return None
    polygon: Polygon = tuple(value for point in points for value in point)
    box = box_of((min(xs), min(ys), max(xs), max(ys)))
    return MarkedObject(box, parse_label(label, where), polygons=(polygon,))


def from_edges(
    left: float, top: float, right: float, bottom: float, label: str, where: str
) -> MarkedObject | None:
    """Describe an object by its box, whose corners may come in any order; None without area."""
    left, right = sorted((left, right))
    top, bottom = sorted((top, bottom))
    if left == right or top == bottom:
        return None
    return MarkedObject(box_of((left, top, right, bottom)), parse_label(label, where))


def from_mask(mask: Mask, label: str, where: str) -> MarkedObject | None:
    """Describe an object by its mask, (height, width) bool; None if it is empty."""
    if not mask.any():
        return None
    return MarkedObject(bounding_box(mask), parse_label(label, where), mask)


def turned(
    points: Sequence[tuple[float, float]], center: tuple[float, float], degrees: float
) -> list[tuple[float, float]]:
    """Turn points clockwise around a center."""
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    moved = ((x - center[0], y - center[1]) for x, y in points)
    return [
        (center[0] + x * cosine - y * sine, center[1] + x * sine + y * cosine) for x, y in moved
    ]


def ellipse_points(
    center: tuple[float, float], across: float, down: float, degrees: float = 0
) -> list[tuple[float, float]]:
    """Return the outline of an ellipse with these radii."""
    angles = np.linspace(0, 2 * np.pi, _ELLIPSE_CORNERS, endpoint=False)
    upright = [
        (center[0] + across * float(np.cos(angle)), center[1] + down * float(np.sin(angle)))
        for angle in angles
    ]
    return turned(upright, center, degrees)


def kept(objects: Sequence[MarkedObject | None], name: str, note: Note) -> tuple[MarkedObject, ...]:
    """Return the objects that have an area, and note how many have none."""
    found = tuple(each for each in objects if each is not None)
    if len(found) < len(objects):
        note(f"{name}: {len(objects) - len(found)} objects without area are left out")
    return found


def text_of(entry: Mapping[str, Any], name: str) -> str:
    """Return a text of a JSON object; empty if it has none."""
    value = entry.get(name)
    return value if isinstance(value, str) else ""
