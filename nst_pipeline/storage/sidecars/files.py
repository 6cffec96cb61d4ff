"""Sidecars: what a user laid beside a photo, found, digested and read.

| file | holds |
|---|---|
| `<stem>.mask.png` | the object in white, at the photo's size |
| `<stem>.coco.json`, or `annotations.json` in the photo's folder or the inbox | COCO |
| `<stem>.boxes.csv`, or `boxes.csv` in the photo's folder | image,x,y,width,height[,label] |
| `<stem>.placements.json` | where stickers go on a scene |

Files for many photos name each by its path relative to the file's own folder. Only the entries
of a photo count for it: a new row for one photo remakes that one alone.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from upath import UPath

from nst_pipeline.errors import SidecarError, UnreadableImageError
from nst_pipeline.storage.sidecars.annotations import MASK_SUFFIX, boxes_reader, read_sidecar
from nst_pipeline.storage.store import joint_digest, sha256
from nst_pipeline.vision.images.png import decode_png
from nst_pipeline.vision.shapes import Detection

_COCO_SUFFIX = ".coco.json"
_BOXES_SUFFIX = ".boxes.csv"
_PLACEMENTS_SUFFIX = ".placements.json"
_SUFFIXES = (MASK_SUFFIX, _COCO_SUFFIX, _BOXES_SUFFIX, _PLACEMENTS_SUFFIX)
_SHARED_COCO = "annotations.json"
_SHARED_BOXES = "boxes.csv"
_SHARED = (_SHARED_COCO, _SHARED_BOXES)
# Photos are gone through folder by folder: a few files at a time are enough.
_CACHED_FILES = 4


def is_sidecar(path: str) -> bool:
    """Whether a file's name makes it a sidecar, whatever its photo."""
    return path.endswith(_SUFFIXES) or path.rpartition("/")[2] in _SHARED


# Plain strings rather than paths from here on: a scan asks for each of 100,000 photos.
def _folder_and_stem(photo: str) -> tuple[str, str]:
    """The photo's folder (with its slash, or empty) and its path without the suffix."""
    return photo[: photo.rfind("/") + 1], photo.rpartition(".")[0]


def _coco_paths(photo: str) -> tuple[str, ...]:
    """Where a photo's COCO may stand, the closest first."""
    folder, stem = _folder_and_stem(photo)
    shared = (folder + _SHARED_COCO, _SHARED_COCO) if folder else (_SHARED_COCO,)
    return stem + _COCO_SUFFIX, *shared


def _boxes_paths(photo: str) -> tuple[str, ...]:
    folder, stem = _folder_and_stem(photo)
    return stem + _BOXES_SUFFIX, folder + _SHARED_BOXES


def _own_path(photo: str, suffix: str) -> str:
    return _folder_and_stem(photo)[1] + suffix


def sidecar_paths(photo: str) -> tuple[str, ...]:
    """Where files that concern a photo may stand, relative to the inbox as the photo's path is."""
    own = _own_path(photo, MASK_SUFFIX), _own_path(photo, _PLACEMENTS_SUFFIX)
    return (*own, *_coco_paths(photo), *_boxes_paths(photo))


def sidecar_files(photo: str, present: Collection[str]) -> list[str]:
    """Name the files that may concern a photo.

    Args:
        photo: its path relative to the inbox.
        present: paths of the sidecars that are there.
    """
    return [path for path in sidecar_paths(photo) if path in present] if present else []


def _named(photo: str) -> str:
    """A path in one Unicode form: systems store the same name differently."""
    return unicodedata.normalize("NFC", photo.replace("\\", "/").removeprefix("./"))


def _boxes_by_photo(text: str) -> dict[str, str]:
    reader = boxes_reader(text)
    columns = list(reader.fieldnames or ())
    sections: dict[str, io.StringIO] = {}
    for row in reader:
        name = _named(row["image"] or "")
        if name not in sections:
            sections[name] = io.StringIO()
            csv.writer(sections[name]).writerow(columns)
        csv.writer(sections[name]).writerow(row[column] or "" for column in columns)
    return {name: section.getvalue() for name, section in sections.items()}


def _coco_by_photo(text: str) -> dict[str, str]:
    """COCO documents of one photo each; ids that an export numbers anew at will are left out."""
    content = json.loads(text)
    categories = {row["id"]: row for row in content.get("categories", [])}
    names = {row["id"]: _named(row["file_name"]) for row in content["images"]}
    sections: dict[str, dict[str, list[Any]]] = {
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


@lru_cache(maxsize=_CACHED_FILES)
def _by_photo(file: UPath, size: int, mtime: float) -> Mapping[str, str]:
    """A shared file cut into one text per photo; size and time tell when to read it again."""
    del size, mtime
    cut = _coco_by_photo if file.name == _SHARED_COCO else _boxes_by_photo
    try:
        return cut(file.read_text("utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        needs = (
            "COCO's images and annotations"
            if file.name == _SHARED_COCO
            else "a header line image,x,y,width,height"
        )
        raise SidecarError(f"{file} cannot be used ({error!r}): it needs {needs}") from error


def _read_text(file: UPath) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{file} is no UTF-8 text ({error}): save it as UTF-8") from error


def _text(inbox: UPath, path: str, photo: str) -> str | None:
    """What a COCO or boxes file says about a photo, None if nothing."""
    file = inbox / path
    if not file.exists():
        return None
    if file.name not in _SHARED:
        return _read_text(file)
    stat = file.stat()
    relative = PurePosixPath(photo).relative_to(PurePosixPath(path).parent)
    return _by_photo(file, stat.st_size, stat.st_mtime).get(_named(str(relative)))


def _part_digest(inbox: UPath, path: str, photo: str) -> str:
    file = inbox / path
    if file.name not in _SHARED:
        return sha256(file.read_bytes())
    try:
        text = _text(inbox, path, photo)
    except SidecarError:
        # Detection tells; here it is enough that a corrected file has another digest.
        return sha256(file.read_bytes())
    return "" if text is None else sha256(text.encode())


def sidecar_digest(inbox: UPath, photo: str, files: Iterable[str]) -> str:
    """Digest what the sidecars say about a photo; empty if they say nothing.

    Args:
        inbox: the folder or URL.
        photo: the photo's path relative to it.
        files: as `sidecar_files` names them.
    """
    digests = {path: _part_digest(inbox, path, photo) for path in files}
    said = {path: digest for path, digest in digests.items() if digest}
    return joint_digest(said) if said else ""


def _first_said(inbox: UPath, photo: str, paths: Iterable[str]) -> tuple[str | None, str]:
    for path in paths:
        text = _text(inbox, path, photo)
        if text is not None:
            return text, str(inbox / path)
    return None, ""


def _from_mask(file: UPath, photo: str, width: int, height: int) -> list[Detection]:
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
    """Read a user's own objects of a photo: its mask, else its COCO, else its boxes.

    Args:
        inbox: the folder or URL.
        photo: the photo's path relative to it.
        width, height: the upright photo's size, pixels.
        crowds: COCO's crowds as well; they are annotated, but no objects to cut out.

    Returns:
        Detections with score 1; none if there is no sidecar.

    Raises:
        NstError: a sidecar cannot be used; the message names the file.
    """
    name = PurePosixPath(photo).name
    mask = inbox / _own_path(photo, MASK_SUFFIX)
    if mask.exists():
        return _from_mask(mask, name, width, height)
    coco, source = _first_said(inbox, photo, _coco_paths(photo))
    found = read_sidecar(name, width, height, coco=coco, source=source or None, crowds=crowds)
    if found:
        return found
    boxes, source = _first_said(inbox, photo, _boxes_paths(photo))
    return read_sidecar(name, width, height, boxes_csv=boxes, source=source or None)


def sidecar_placements(inbox: UPath, photo: str) -> str | None:
    """Read a scene's own placements, the JSON text of `<stem>.placements.json`, if there is one.

    Raises:
        NstError: it is no text.
    """
    file = inbox / _own_path(photo, _PLACEMENTS_SUFFIX)
    return _read_text(file) if file.exists() else None
