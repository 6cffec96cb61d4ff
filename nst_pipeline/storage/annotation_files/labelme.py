"""LabelMe: a JSON file for each picture."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nst_pipeline.errors import SidecarError, UnreadableImageError
from nst_pipeline.storage.annotation_files.annotated import (
    AnnotatedPicture,
    Note,
    ellipse_points,
    from_edges,
    from_mask,
    from_polygon,
    kept,
    points_of,
    side,
    text_of,
)
from nst_pipeline.storage.sidecars.marked import MarkedObject
from nst_pipeline.vision.images.png import decode_png, png_size

_NO_AREA = ("point", "points", "line", "linestrip")


def _mask_shape(
    shape: Mapping[str, Any], label: str, width: int, height: int, where: str
) -> MarkedObject | None:
    """Read a mask, which LabelMe keeps as a picture of the part between two corners."""
    (left, top), *_ = points_of(shape.get("points"), where)
    mask = np.zeros((height, width), bool)
    try:
        data = base64.b64decode(str(shape.get("mask")), validate=True)
        if max(png_size(data)) > max(width, height) + 1:
            raise ValueError("it is larger than the picture")
        part = decode_png(data)
    except (ValueError, UnreadableImageError) as error:
        raise SidecarError(f"{where}: the mask is no PNG ({error}): save it again") from error
    inside = (part if part.ndim == 2 else part[..., 0]) > 0
    x, y = round(left), round(top)
    if not (0 <= x < width and 0 <= y < height):
        return None
    visible = inside[: height - y, : width - x]
    mask[y : y + visible.shape[0], x : x + visible.shape[1]] = visible
    return from_mask(mask, label, where)


def _shape(shape: Mapping[str, Any], width: int, height: int, where: str) -> MarkedObject | None:
    kind, label = _kind(shape), text_of(shape, "label")
    if kind == "mask":
        return _mask_shape(shape, label, width, height, where)
    points = points_of(shape.get("points"), where)
    if kind == "rectangle" and len(points) == 2:
        return from_edges(*points[0], *points[1], label, where)
    if kind == "circle" and len(points) == 2:
        radius = math.dist(*points)
        return from_polygon(ellipse_points(points[0], radius, radius), label, where)
    if kind in ("polygon", "rectangle", "oriented_rectangle"):
        return from_polygon(points, label, where)
    raise SidecarError(f"{where}: the shape {kind!r} is unknown: draw a polygon instead")


def _kind(shape: Mapping[str, Any]) -> str:
    return text_of(shape, "shape_type") or "polygon"


def is_labelme(content: object) -> bool:
    """Whether parsed JSON is a file of LabelMe."""
    return isinstance(content, dict) and "shapes" in content and "imagePath" in content


def read_labelme(content: Mapping[str, Any], source: str, note: Note) -> list[AnnotatedPicture]:
    """Read a file of LabelMe.

    Parameters
    ----------
    content
        The parsed JSON.
    source
        What messages call the file.
    note
        Called with a sentence for what is left out.

    Raises
    ------
    SidecarError
        A shape cannot be used.
    """
    width = side(content.get("imageWidth"), f"{source}, imageWidth")
    height = side(content.get("imageHeight"), f"{source}, imageHeight")
    shapes = content["shapes"]
    if not isinstance(shapes, list) or not all(isinstance(each, dict) for each in shapes):
        raise SidecarError(f"{source}: `shapes` is no list of shapes: save the file again")
    objects: list[MarkedObject | None] = []
    for index, each in enumerate(shapes, start=1):
        where = f"{source}, shape {index}"
        if _kind(each) in _NO_AREA:
            note(f"{where} is left out: a {_kind(each)} has no area")
        else:
            objects.append(_shape(each, width, height, where))
    name = text_of(content, "imagePath")
    return [AnnotatedPicture(name, width, height, kept(objects, name, note))]
