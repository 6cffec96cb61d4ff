"""Label Studio: a JSON file with a list of tasks, one for each picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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
    text_of,
    turned,
)
from nst_pipeline.storage.annotation_files.rle_pack import unpack
from nst_pipeline.storage.sidecars.marked import MarkedObject

_UPLOAD = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""
_LABELS = ("rectanglelabels", "polygonlabels", "ellipselabels", "brushlabels", "labels")
_CHANNELS = 4


def without_upload_prefix(path: str) -> str:
    """Return a path without what Label Studio puts before the name of an uploaded file.

    Examples
    --------
    >>> without_upload_prefix("images/1a2b3c4d-cup.jpg")
    'images/cup.jpg'
    """
    folder, slash, name = path.rpartition("/")
    return folder + slash + _UPLOAD.sub("", name)


def uploaded_name(address: str) -> str:
    """Return the name of a picture by its address in a task.

    Examples
    --------
    >>> uploaded_name("/data/upload/3/1a2b3c4d-cup%201.jpg")
    'cup 1.jpg'
    >>> uploaded_name("/data/local-files/?d=photos/cup.jpg")
    'photos/cup.jpg'
    """
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d", [])
    path = local[0] if local else unquote(parts.path)
    folder, _, name = path.strip("/").rpartition("/")
    return without_upload_prefix(name if "data/upload" in folder else path.strip("/"))


def _label(value: Mapping[str, Any]) -> str:
    found = next((value[name] for name in _LABELS if value.get(name)), "")
    return str(found[0]) if isinstance(found, list) and found else str(found or "")


def _rectangle(
    value: Mapping[str, Any], width: int, height: int, where: str
) -> MarkedObject | None:
    """Read a rectangle in percent of the picture, which may be turned around its corner."""
    x, y = (number(value.get(name), where) for name in ("x", "y"))
    across, down = (number(value.get(name), where) for name in ("width", "height"))
    left, top = x * width / 100, y * height / 100
    right, bottom = left + across * width / 100, top + down * height / 100
    degrees = number(value.get("rotation") or 0, where)
    if not degrees:
        return from_edges(left, top, right, bottom, _label(value), where)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return from_polygon(turned(corners, (left, top), degrees), _label(value), where)


def _ellipse(value: Mapping[str, Any], width: int, height: int, where: str) -> MarkedObject | None:
    x, y = number(value.get("x"), where), number(value.get("y"), where)
    across, down = (number(value.get(name), where) for name in ("radiusX", "radiusY"))
    points = ellipse_points(
        (x * width / 100, y * height / 100),
        across * width / 100,
        down * height / 100,
        number(value.get("rotation") or 0, where),
    )
    return from_polygon(points, _label(value), where)


def _polygon(value: Mapping[str, Any], width: int, height: int, where: str) -> MarkedObject | None:
    shares = points_of(value.get("points"), where)
    points = [(x * width / 100, y * height / 100) for x, y in shares]
    return from_polygon(points, _label(value), where)


def _brush(value: Mapping[str, Any], width: int, height: int, where: str) -> MarkedObject | None:
    """Read a mask: the alpha of a picture in run lengths."""
    try:
        levels = unpack(value.get("rle") or (), width * height * _CHANNELS)
        alpha = levels.reshape(height, width, _CHANNELS)[..., -1]
    except (TypeError, ValueError) as error:
        raise SidecarError(
            f"{where}: the brush's mask is damaged ({error}): export it again"
        ) from error
    return from_mask(alpha > 127, _label(value), where)


_READERS = {
    "rectanglelabels": _rectangle,
    "rectangle": _rectangle,
    "ellipselabels": _ellipse,
    "ellipse": _ellipse,
    "polygonlabels": _polygon,
    "polygon": _polygon,
    "brushlabels": _brush,
    "brush": _brush,
}


def _with_labels(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give a region without a label that of another result with its id: separate label tags."""
    by_id = {
        each.get("id"): each.get("value", {})
        for each in results
        if each.get("type") == "labels" and isinstance(each.get("value"), dict)
    }
    joined = []
    for each in results:
        value = each.get("value")
        if each.get("type") in _READERS and isinstance(value, dict):
            joined.append({**each, "value": {**by_id.get(each.get("id"), {}), **value}})
    return joined


def _results(task: Mapping[str, Any], where: str, note: Note) -> list[dict[str, Any]]:
    """Return what was annotated last in a task, and was not skipped."""
    given = task.get("annotations", task.get("completions")) or []
    if not isinstance(given, list):
        raise SidecarError(f"{where} has no list of annotations: export as JSON")
    valid = [each for each in given if isinstance(each, dict) and not each.get("was_cancelled")]
    if len(valid) > 1:
        note(f"{where} was annotated {len(valid)} times: the last one counts")
    results = valid[-1].get("result") if valid else []
    return _with_labels([each for each in results or [] if isinstance(each, dict)])


def _task(task: Mapping[str, Any], where: str, note: Note) -> AnnotatedPicture | None:
    data = task.get("data")
    addresses = [each for each in (data or {}).values() if isinstance(each, str)]
    name = uploaded_name(text_of(task, "file_upload") or next(iter(addresses), ""))
    results = _results(task, where, note)
    if not results:
        return None
    width = side(results[0].get("original_width"), f"{where}, original_width")
    height = side(results[0].get("original_height"), f"{where}, original_height")
    objects = [
        _READERS[each["type"]](each["value"], width, height, f"{where}, region {index}")
        for index, each in enumerate(results, start=1)
    ]
    return AnnotatedPicture(name, width, height, kept(objects, name, note))


def is_label_studio(content: object) -> bool:
    """Whether parsed JSON is an export of Label Studio."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(each, dict) and isinstance(each.get("data"), dict) for each in content)
    )


def read_label_studio(
    content: Sequence[Mapping[str, Any]], source: str, note: Note
) -> list[AnnotatedPicture]:
    """Read an export of Label Studio in the format JSON.

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
        A region cannot be used.
    """
    tasks = (
        _task(each, f"{source}, task {each.get('id', index)}", note)
        for index, each in enumerate(content, start=1)
    )
    return [each for each in tasks if each is not None]
