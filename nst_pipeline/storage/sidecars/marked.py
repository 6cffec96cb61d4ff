"""Write the objects that the user marked in a photo: a COCO file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from upath import UPath

from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.labels import Polygon, RunLengths
from nst_pipeline.storage.sidecars.names import COCO_SUFFIX, MASK_SUFFIX, stem_of
from nst_pipeline.storage.sidecars.objects import CocoRunLengths
from nst_pipeline.vision.shapes import Box, Mask

_WRITER = "nst_pipeline"
"""Marks a file that was written here."""
_ASIDE = ".bak"
"""Suffix of a file that the user made otherwise, and that this one takes the place of."""


@dataclass(frozen=True)
class MarkedObject:
    """An object in a photo, in the pixels of the picture that was marked.

    Attributes
    ----------
    box
        Around it.
    label
        What it is; empty if the classifier is to name it.
    mask
        (height, width) bool; None if it is unknown.
    height_m
        Real height, meters, if the user gave it.
    polygons
        Its outlines, instead of a mask.
    rle
        Its mask in run lengths, as a COCO file had it.
    """

    box: Box | None
    label: str = ""
    mask: Mask | None = None
    height_m: float | None = None
    polygons: tuple[Polygon, ...] = ()
    rle: CocoRunLengths | None = None

    def segmentation(self) -> list[list[float]] | CocoRunLengths | None:
        """Return the outline in COCO's form; None if only the box is known."""
        if self.mask is None:
            return [list(each) for each in self.polygons] or self.rle
        rle = RunLengths.of(self.mask)
        return {"counts": rle.counts, "size": list(rle.size)}


def _annotation(number: int, category: int, marked: MarkedObject) -> dict[str, Any]:
    box, segmentation = marked.box, marked.segmentation()
    entry: dict[str, Any] = {
        "id": number,
        "image_id": 1,
        "category_id": category,
        "iscrowd": 0,
    }
    if box is not None:
        entry["bbox"] = [box.x, box.y, box.width, box.height]
    if segmentation is not None:
        entry["segmentation"] = segmentation
    if marked.height_m is not None:
        entry["attributes"] = {"height_m": marked.height_m}
    return entry


def coco_of(file_name: str, width: int, height: int, objects: Sequence[MarkedObject]) -> str:
    """Describe the objects of one picture as COCO JSON.

    Parameters
    ----------
    file_name
        The photo's.
    width, height
        Size of the picture that was marked, pixels; the photo itself may be larger.
    objects
        In its pixels.
    """
    labels = sorted({each.label for each in objects if each.label})
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    content = {
        "info": {"description": _WRITER},
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
        "annotations": [
            _annotation(number, numbers.get(each.label, 0), each)
            for number, each in enumerate(objects, start=1)
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _is_ours(path: UPath) -> bool:
    try:
        content = json.loads(path.read_text("utf-8"))
        return bool(content["info"]["description"] == _WRITER)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _set_aside(path: UPath) -> None:
    """Rename a file that the user made otherwise, if it exists, without overwriting another."""
    if not path.exists():
        return
    number, aside = 1, path.with_name(path.name + _ASIDE)
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}{_ASIDE}{number}")
    path.rename(aside)


def write_marked(
    inbox: UPath,
    photo: str,
    width: int,
    height: int,
    objects: Sequence[MarkedObject],
    *,
    is_edit: bool = True,
) -> UPath:
    """Write `<stem>.coco.json` beside a photo; without objects, remove it.

    A file of that name that was made otherwise, and a mask picture, which would come before it, are
    kept as `<name>.bak`.

    Parameters
    ----------
    inbox
        Folder or URL.
    photo
        The photo's path relative to it.
    width, height, objects
        As in `coco_of`.
    is_edit
        Whether the objects are those of the file that was written here before, as the user changed
        them, so that it need not be kept.

    Returns
    -------
    UPath
        The file.

    Raises
    ------
    OSError
        It cannot be written; what was there before is as it was, or set aside.
    """
    stem = stem_of(photo)
    path, name = inbox / f"{stem}{COCO_SUFFIX}", photo.rpartition("/")[2]
    content = coco_of(name, width, height, objects).encode()
    if path.exists() and path.read_bytes() != content and not (is_edit and _is_ours(path)):
        _set_aside(path)
    if objects:
        write_atomically(path, content)
    else:
        path.unlink(missing_ok=True)
    _set_aside(inbox / f"{stem}{MASK_SUFFIX}")
    return path
