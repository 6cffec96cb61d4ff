"""Read and digest sidecars: the annotations and placements that a user puts beside photos.

A file for many photos names each by its path relative to the file's folder. Only a photo's own
entries affect it: a new row for one photo does not change the results of the others.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

import numpy as np
from upath import UPath

from nst_pipeline.errors import SidecarError, UnreadableImageError
from nst_pipeline.storage.sidecars.annotations import boxes_reader, read_sidecar
from nst_pipeline.storage.sidecars.names import (
    MASK_SUFFIX,
    PLACEMENTS_SUFFIX,
    SHARED,
    SHARED_COCO,
    boxes_paths,
    coco_paths,
    normalized_path,
    own_path,
)
from nst_pipeline.storage.store import joint_digest, sha256
from nst_pipeline.vision.images.png import decode_png
from nst_pipeline.vision.shapes import Detection

_CACHED_FILES = 4
"""Photos are read folder by folder, so a few shared files at a time are enough."""


def _boxes_by_photo(text: str) -> dict[str, str]:
    """Split a boxes file into one CSV text for each photo."""
    reader = boxes_reader(text)
    columns = list(reader.fieldnames or ())
    sections: dict[str, io.StringIO] = {}
    for row in reader:
        name = normalized_path(row["image"] or "")
        if name not in sections:
            sections[name] = io.StringIO()
            csv.writer(sections[name]).writerow(columns)
        csv.writer(sections[name]).writerow(row[column] or "" for column in columns)
    return {name: section.getvalue() for name, section in sections.items()}


def _coco_by_photo(text: str) -> dict[str, str]:
    """Split COCO into one JSON text for each photo.

    Ids are left out, because each export may number them differently.
    """
    content = json.loads(text)
    categories = {row["id"]: row for row in content.get("categories", [])}
    names = {row["id"]: normalized_path(row["file_name"]) for row in content["images"]}
    sections: dict[str, dict[str, list[dict[str, object]]]] = {
        name: {"images": [{"id": 0, "file_name": name}], "annotations": [], "categories": []}
        for name in names.values()
    }
    for row in content["annotations"]:
        if row["image_id"] not in names:
            continue
        section = sections[names[row["image_id"]]]
        section["annotations"].append({**row, "id": 0, "image_id": 0})
        category = categories.get(row.get("category_id"))
        if category is not None and category not in section["categories"]:
            section["categories"].append(category)
    return {name: json.dumps(section, sort_keys=True) for name, section in sections.items()}


def _shared_file_error(file: UPath, error: Exception) -> SidecarError:
    if isinstance(error, KeyError):
        problem = f"{error} is missing"
    elif isinstance(error, json.JSONDecodeError):
        problem = f"it is not valid JSON: {error}"
    else:
        problem = str(error)
    needs = (
        "COCO's `images` (with id and file_name) and `annotations` (with image_id)"
        if file.name == SHARED_COCO
        else "a header line image,x,y,width,height"
    )
    return SidecarError(f"{file} cannot be read ({problem}): it needs {needs}")


@lru_cache(maxsize=_CACHED_FILES)
def _by_photo(file: UPath, size: int, mtime: float) -> Mapping[str, str]:
    """Split a shared file into one text for each photo; another size or time reads it again."""
    del size, mtime
    split = _coco_by_photo if file.name == SHARED_COCO else _boxes_by_photo
    try:
        return split(file.read_text("utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise _shared_file_error(file, error) from error


def _read_text(file: UPath) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{file} is not UTF-8 text ({error}): save it as UTF-8") from error


def _text(inbox: UPath, path: str, photo: str) -> str | None:
    """The part of a COCO or boxes file about a photo; None if there is none."""
    file = inbox / path
    if not file.exists():
        return None
    if file.name not in SHARED:
        return _read_text(file)
    stat = file.stat()
    relative = PurePosixPath(photo).relative_to(PurePosixPath(path).parent)
    return _by_photo(file, stat.st_size, stat.st_mtime).get(normalized_path(str(relative)))


def _part_digest(inbox: UPath, path: str, photo: str) -> str:
    file = inbox / path
    if file.name not in SHARED:
        return sha256(file.read_bytes())
    try:
        text = _text(inbox, path, photo)
    except SidecarError:
        # Detection reports the error. Here it is enough that a corrected file has another digest.
        return sha256(file.read_bytes())
    return "" if text is None else sha256(text.encode())


def sidecar_digest(inbox: UPath, photo: str, files: Iterable[str]) -> str:
    """Digest what the sidecars contain about a photo.

    Parameters
    ----------
    inbox
        Folder or URL.
    photo
        The photo's path relative to it.
    files
        Paths of the photo's sidecars, as `sidecar_files` lists them.

    Returns
    -------
    str
        Empty if they contain nothing about it.
    """
    digests = {path: _part_digest(inbox, path, photo) for path in files}
    present = {path: digest for path, digest in digests.items() if digest}
    return joint_digest(present) if present else ""


def _first_text(inbox: UPath, photo: str, paths: Iterable[str]) -> tuple[str | None, str | None]:
    """The first text about a photo, and the path of its file."""
    for path in paths:
        text = _text(inbox, path, photo)
        if text is not None:
            return text, str(inbox / path)
    return None, None


def _mask_detections(file: UPath, photo: str, width: int, height: int) -> list[Detection]:
    try:
        picture = decode_png(file.read_bytes())
    except UnreadableImageError as error:
        raise SidecarError(f"{file}: {error}") from error
    half = np.iinfo(picture.dtype).max // 2
    mask = np.where(picture > half, np.uint8(255), np.uint8(0))
    return read_sidecar(photo, width, height, mask=mask, source=str(file))


def sidecar_detections(
    inbox: UPath, photo: str, width: int, height: int, *, crowds: bool = False
) -> list[Detection]:
    """Read the user's own objects of a photo: from its mask, else its COCO, else its boxes.

    Parameters
    ----------
    inbox
        Folder or URL.
    photo
        The photo's path relative to it.
    width, height
        Size of the upright photo, pixels.
    crowds
        Include COCO's crowds, which are not objects to cut out.

    Returns
    -------
    list of Detection
        With score 1; empty if there is no sidecar.

    Raises
    ------
    NstError
        A sidecar cannot be used; the message names the file.
    """
    name = PurePosixPath(photo).name
    mask = inbox / own_path(photo, MASK_SUFFIX)
    if mask.exists():
        return _mask_detections(mask, name, width, height)
    coco, source = _first_text(inbox, photo, coco_paths(photo))
    found = read_sidecar(name, width, height, coco=coco, source=source, crowds=crowds)
    if found:
        return found
    boxes, source = _first_text(inbox, photo, boxes_paths(photo))
    return read_sidecar(name, width, height, boxes_csv=boxes, source=source)


def sidecar_placements(inbox: UPath, photo: str) -> str | None:
    """Read the JSON text of a scene's `<stem>.placements.json`; None if there is no such file.

    Raises
    ------
    SidecarError
        The file is not UTF-8 text.
    """
    file = inbox / own_path(photo, PLACEMENTS_SUFFIX)
    return _read_text(file) if file.exists() else None
