"""Parse COCO annotations."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.labels import Polygon
from nst_pipeline.storage.sidecars.frames import Size
from nst_pipeline.storage.sidecars.names import folded, normalized_name, normalized_path
from nst_pipeline.storage.sidecars.objects import (
    DEFAULT_LABEL,
    MAX_OBJECTS,
    CocoRunLengths,
    Note,
    SidecarObject,
    check_pixels,
    check_rows,
    ignore_note,
    parse_edges,
    parse_height,
    parse_label,
)

_PARSED_BYTES = {",": 40, '"': 10, "[": 72, "{": 200}
"""Memory that parsed JSON takes for each of these characters, about."""
_MAX_PARSED_BYTES = 900_000_000
"""The polygons of a file of the largest size that is read take less."""
_MAX_IMAGES, _MAX_ANNOTATIONS = 300_000, 500_000
"""More take longer to split than a scan may wait for one file."""
_TRIANGLE, _MAX_CORNERS = 6, 200_000
"""Numbers in the shortest polygon, three points, and in the longest that is read."""


def _id(value: object) -> str:
    """Return an id as text: tools write the same one as 1, 1.0 and "1"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def load_json(text: str) -> Any:
    """Parse JSON with or without byte order marks, wherever they are.

    Raises
    ------
    ValueError
        The text is not JSON, nested too deep, or takes too much memory.
    """
    if sum(size * text.count(each) for each, size in _PARSED_BYTES.items()) > _MAX_PARSED_BYTES:
        raise ValueError("it has too many values: split it, one file in each folder")
    try:
        return json.loads(text.replace("\ufeff", ""))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _check_count(content: Mapping[str, Any], table: str, most: int) -> None:
    if len(content[table]) > most:
        raise ValueError(f"it has more than {most} {table}: split it, one in each folder")


def split_coco(text: str) -> tuple[dict[str, str], int]:
    """Split COCO into one JSON text for each annotated image.

    Ids are left out, because each export may number them differently. So are the annotations of
    one image beyond the first that are too many.

    Returns
    -------
    tuple
        The texts by the images' file names, and the number of annotations of unknown images.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        The text is not COCO.
    """
    content = load_json(text)
    _check_count(content, "images", _MAX_IMAGES)
    _check_count(content, "annotations", _MAX_ANNOTATIONS)
    categories = {_id(row["id"]): row for row in content.get("categories", [])}
    images = {_id(row["id"]): row for row in content["images"]}
    names = {id_: normalized_path(str(row["file_name"])) for id_, row in images.items()}
    sections: dict[str, dict[str, list[dict[str, object]]]] = {}
    numbers: dict[str, int] = {}
    used: set[tuple[str, str]] = set()
    unknown = 0
    for row in content["annotations"]:
        image = _id(row["image_id"])
        if image not in names:
            unknown += 1
            continue
        empty: dict[str, list[dict[str, object]]] = {
            "images": [],
            "annotations": [],
            "categories": [],
        }
        section = sections.setdefault(names[image], empty)
        if len(section["annotations"]) > MAX_OBJECTS:
            continue
        if image not in numbers:
            numbers[image] = len(section["images"])
            size = {side: images[image].get(side) for side in ("width", "height")}
            entry = {"id": numbers[image], "file_name": names[image], **size}
            section["images"].append(entry)
        section["annotations"].append({**row, "id": 0, "image_id": numbers[image]})
        category = _id(row.get("category_id"))
        if category in categories and (names[image], category) not in used:
            used.add((names[image], category))
            section["categories"].append(categories[category])
    return {name: json.dumps(each, sort_keys=True) for name, each in sections.items()}, unknown


def _parse_polygon(values: object, where: str) -> Polygon:
    if isinstance(values, list) and len(values) > _MAX_CORNERS:
        raise SidecarError(
            f"{where}: a polygon has more than {_MAX_CORNERS // 2} points: simplify it"
        )
    try:
        polygon = tuple(float(value) for value in cast(list[float], values))
    except (TypeError, ValueError, OverflowError) as error:
        raise SidecarError(
            f"{where}: the segmentation is neither polygons nor RLE: give one of them, or none"
        ) from error
    if len(polygon) % 2 or not all(map(math.isfinite, polygon)):
        raise SidecarError(f"{where}: a polygon needs at least three points, with x and y for each")
    return polygon


def _parse_segmentation(
    segmentation: object, where: str, note: Note
) -> tuple[tuple[Polygon, ...], CocoRunLengths | None]:
    """Read polygons, a single polygon, or run lengths; polygons without area are left out."""
    if not segmentation:
        return (), None
    if isinstance(segmentation, dict):
        if not {"counts", "size"} <= segmentation.keys():
            raise SidecarError(f"{where}: the RLE segmentation lacks `counts` or `size`: add them")
        return (), cast(CocoRunLengths, segmentation)
    if not isinstance(segmentation, list):
        raise SidecarError(
            f"{where}: the segmentation is neither polygons nor RLE: give one of them, or none"
        )
    is_flat = isinstance(segmentation[0], int | float)
    outlines = [segmentation] if is_flat else segmentation
    polygons = [_parse_polygon(each, where) for each in outlines]
    if any(0 < len(each) < _TRIANGLE for each in polygons):
        note(f"{where}: a polygon of fewer than three points is left out")
    kept = tuple(each for each in polygons if len(each) >= _TRIANGLE)
    check_pixels(tuple(value for each in kept for value in each), where)
    return kept, None


def _edges_of(polygons: Iterable[Polygon]) -> tuple[float, float, float, float] | None:
    """Return the box around polygons; None if it has no area."""
    xs = [value for polygon in polygons for value in polygon[::2]]
    ys = [value for polygon in polygons for value in polygon[1::2]]
    if not xs or min(xs) == max(xs) or min(ys) == max(ys):
        return None
    return min(xs), min(ys), max(xs), max(ys)


def _parse_tables(text: str, source: str) -> tuple[list[object], list[object], dict[str, object]]:
    """The images, the annotations, and the category names by id, whatever they are."""
    try:
        content = load_json(text)
        labels = {_id(row["id"]): row["name"] for row in content.get("categories", [])}
        return list(content["images"]), list(content["annotations"]), labels
    except json.JSONDecodeError as error:
        raise SidecarError(
            f"{source} is not valid JSON ({error}): export it again as COCO JSON"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SidecarError(
            f"{source} is not a COCO file: it needs `images`, `annotations`, and an id and a name "
            "for each of the `categories`"
        ) from error


def _frame(image: Mapping[str, object]) -> Size | None:
    """Return the size that a file gives for an image; None if it gives none, or zero."""
    try:
        width, height = (float(cast(float, image[side])) for side in ("width", "height"))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_size = width >= 1 and height >= 1 and math.isfinite(width * height)
    return (width, height) if is_size else None


def _parse_row(
    row: Mapping[str, Any], labels: Mapping[str, object], frame: Size | None, where: str, note: Note
) -> SidecarObject | None:
    """Read one annotation; None if it has no area, or a label that is no text."""
    label = labels.get(_id(row.get("category_id")), DEFAULT_LABEL)
    if not isinstance(label, str | int | float) or isinstance(label, bool):
        note(f"{where} is left out: its category's name {label!r:.50} is no text")
        return None
    polygons, rle = _parse_segmentation(row.get("segmentation"), where, note)
    given = row.get("bbox")
    edges = parse_edges(given, where) if given else None
    if edges is None:
        edges = _edges_of(polygons)
    if edges is None and rle is None:
        says_nothing = not given and row.get("segmentation") is None
        lack = "has neither a bbox nor a segmentation" if says_nothing else "has no area"
        note(f"{where} is left out: it {lack}")
        return None
    attributes = row.get("attributes")
    height = attributes.get("height_m") if isinstance(attributes, dict) else None
    return SidecarObject(
        edges,
        parse_label(str(label), where),
        polygons,
        rle,
        row.get("iscrowd") in (1, "1"),
        parse_height(height, where),
        frame,
        where,
    )


def parse_coco(
    text: str,
    file_name: str,
    source: str = "COCO file",
    *,
    crowds: bool = False,
    note: Note = ignore_note,
) -> list[SidecarObject]:
    """Parse the annotations of one photo from COCO JSON.

    Parameters
    ----------
    text
        Content of the file.
    file_name
        The photo's; images are matched by file name, in whatever folder and case.
    source
        What messages call the file.
    crowds
        Include crowds, which are not objects to cut out.
    note
        Called with a sentence for each annotation that is left out, because it has no area, or its
        category's name is no text.

    Returns
    -------
    list of SidecarObject
        In the file's order.

    Raises
    ------
    SidecarError
        The text is not COCO JSON, the photo has too many annotations, or one without a usable box.
    """
    images, rows, labels = _parse_tables(text, source)
    wanted = folded(normalized_name(file_name))
    frames = {
        _id(image.get("id")): _frame(image)
        for image in images
        if isinstance(image, dict)
        and folded(normalized_name(str(image.get("file_name", "")))) == wanted
    }
    own = [row for row in rows if isinstance(row, dict) and _id(row.get("image_id")) in frames]
    check_rows(len(own), source, file_name)
    found = []
    for number, row in enumerate(own, start=1):
        if row.get("iscrowd") in (1, "1") and not crowds:
            continue
        # Not the index: `text` may be only this photo's part of a file for many photos.
        where = f"{source}, annotation {number} of {file_name}"
        parsed = _parse_row(row, labels, frames[_id(row.get("image_id"))], where, note)
        if parsed is not None:
            found.append(parsed)
    return found
