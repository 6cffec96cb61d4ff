"""CVAT: `annotations.xml` in the format "CVAT for images", alone or in a ZIP file."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.annotation_files.annotated import (
    AnnotatedPicture,
    Note,
    ellipse_points,
    from_edges,
    from_mask,
    from_polygon,
    kept,
    number,
    points_of,
    side,
    turned,
)
from nst_pipeline.storage.sidecars.marked import MarkedObject

Shape = ElementTree.Element
_NO_AREA = ("points", "polyline", "tag", "skeleton", "cuboid")


def _numbers(shape: Shape, where: str, *names: str) -> list[float]:
    return [number(shape.get(name), f"{where}, {name}") for name in names]


def _box(shape: Shape, width: int, height: int, where: str) -> MarkedObject | None:
    del width, height
    left, top, right, bottom = _numbers(shape, where, "xtl", "ytl", "xbr", "ybr")
    label, degrees = shape.get("label", ""), number(shape.get("rotation") or 0, where)
    if not degrees:
        return from_edges(left, top, right, bottom, label, where)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    center = (left + right) / 2, (top + bottom) / 2
    return from_polygon(turned(corners, center, degrees), label, where)


def _polygon(shape: Shape, width: int, height: int, where: str) -> MarkedObject | None:
    del width, height
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";") if pair]
    return from_polygon(points_of(pairs, where), shape.get("label", ""), where)


def _ellipse(shape: Shape, width: int, height: int, where: str) -> MarkedObject | None:
    del width, height
    x, y, across, down = _numbers(shape, where, "cx", "cy", "rx", "ry")
    degrees = number(shape.get("rotation") or 0, where)
    points = ellipse_points((x, y), across, down, degrees)
    return from_polygon(points, shape.get("label", ""), where)


def _mask(shape: Shape, width: int, height: int, where: str) -> MarkedObject | None:
    """Read a mask: run lengths along the rows of its box, those outside first."""
    left, top, across, down = map(round, _numbers(shape, where, "left", "top", "width", "height"))
    try:
        runs = [int(each) for each in shape.get("rle", "").split(",") if each.strip()]
    except ValueError as error:
        raise SidecarError(f"{where}: its rle is no list of numbers: export it again") from error
    is_inside = left >= 0 and top >= 0 and left + across <= width and top + down <= height
    if not is_inside or min(runs, default=0) < 0 or sum(runs) != across * down:
        raise SidecarError(f"{where}: its rle does not fill its box: export it again")
    part = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(down, across)
    mask = np.zeros((height, width), bool)
    mask[top : top + down, left : left + across] = part
    return from_mask(mask, shape.get("label", ""), where)


_READERS: dict[str, Callable[[Shape, int, int, str], MarkedObject | None]] = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "mask": _mask,
}


def _picture(image: Shape, source: str, note: Note) -> AnnotatedPicture:
    name = image.get("name", "")
    where = f"{source}, image {name}"
    width, height = (side(image.get(each), f"{where}, {each}") for each in ("width", "height"))
    objects = []
    for index, shape in enumerate(image, start=1):
        if shape.tag in _READERS:
            read = _READERS[shape.tag]
            objects.append(read(shape, width, height, f"{where}, shape {index}"))
        elif shape.tag in _NO_AREA:
            note(f"{where}: a {shape.tag} is left out, because it has no area")
    return AnnotatedPicture(name, width, height, kept(objects, name, note))


def read_cvat(text: str, source: str, note: Note) -> list[AnnotatedPicture]:
    """Read annotations in the format "CVAT for images 1.1".

    Parameters
    ----------
    text
        The XML.
    source
        What messages call the file.
    note
        Called with a sentence for what is left out.

    Raises
    ------
    SidecarError
        It is no such file, or a shape cannot be used.
    """
    # Entities, with which a small file can fill the memory, need a document type.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SidecarError(f"{source} has a document type, as CVAT writes none: export it again")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise SidecarError(f"{source} is not valid XML ({error}): export it again") from error
    if root.tag != "annotations":
        raise SidecarError(f"{source} is no file of CVAT: export as `CVAT for images`")
    if root.find("track") is not None:
        raise SidecarError(f"{source} is about a video: export as `CVAT for images`")
    return [_picture(each, source, note) for each in root.iter("image")]
