"""Read and digest sidecars: the annotations and placements that a user puts beside photos.

Only a photo's own entries in a file for many photos affect it: a new row for one photo does not
change the results of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from upath import UPath

from nst_pipeline.errors import SidecarError, UnreadableImageError
from nst_pipeline.storage.inbox_file import File
from nst_pipeline.storage.sidecars.annotations import check_mask_size, read_sidecar
from nst_pipeline.storage.sidecars.content import read_file, read_sections, read_text
from nst_pipeline.storage.sidecars.matching import Part, SidecarMatching
from nst_pipeline.storage.sidecars.names import (
    MASK_SUFFIX,
    PLACEMENTS_SUFFIX,
    is_boxes,
    is_coco,
)
from nst_pipeline.storage.sidecars.objects import Note, ignore_note
from nst_pipeline.storage.store import joint_digest, sha256
from nst_pipeline.vision.images.codecs import decode_mask
from nst_pipeline.vision.images.png import png_size
from nst_pipeline.vision.shapes import Detection


def _text(inbox: UPath, part: Part) -> str | None:
    """The text of a COCO or boxes file about a photo; None if it is gone."""
    file = File(part.path, part.size, part.mtime_ns, part.ctime_ns, part.etag)
    return read_sections(inbox, file).texts.get(part.name)


def _part_digest(inbox: UPath, part: Part, matching: SidecarMatching) -> str:
    try:
        if not part.name:
            return sha256(read_file(inbox, part.path))
        text = matching.text(part)
    except SidecarError:
        # Detection reports the error. Here it is enough that a corrected file has another digest.
        return sha256(repr(part).encode())
    return "" if text is None else sha256(text.encode())


def sidecar_digest(inbox: UPath, parts: Iterable[Part], matching: SidecarMatching) -> str:
    """Digest what the sidecars contain about a photo.

    Parameters
    ----------
    inbox
        Folder or URL.
    parts
        The photo's, from `matching`.
    matching
        Keeps the files for many photos that it has read.

    Returns
    -------
    str
        Empty if they contain nothing about it.
    """
    digests = {part.path: _part_digest(inbox, part, matching) for part in parts}
    present = {path: digest for path, digest in digests.items() if digest}
    return joint_digest(present) if present else ""


def _first_text(inbox: UPath, parts: Iterable[Part]) -> tuple[str | None, str | None]:
    """The first text about a photo, and the path of its file."""
    for part in parts:
        text = _text(inbox, part)
        if text is not None:
            return text, str(inbox / part.path)
    return None, None


def _mask_detections(
    inbox: UPath, path: str, photo: str, width: int, height: int, orientation: int
) -> list[Detection]:
    source = str(inbox / path)
    data = read_file(inbox, path)
    try:
        check_mask_size(png_size(data), (width, height), source)
        mask = decode_mask(data)
    except UnreadableImageError as error:
        raise SidecarError(f"{source}: {error}") from error
    return read_sidecar(photo, width, height, orientation=orientation, mask=mask, source=source)


def sidecar_detections(
    inbox: UPath,
    photo: str,
    parts: Sequence[Part],
    width: int,
    height: int,
    *,
    orientation: int = 1,
    crowds: bool = False,
    note: Note = ignore_note,
) -> list[Detection]:
    """Read the user's own objects of a photo: from its mask, else its COCO, else its boxes.

    Parameters
    ----------
    inbox
        Folder or URL.
    photo
        The photo's path relative to it.
    parts
        The photo's sidecars, from `SidecarMatching`.
    width, height
        Size of the upright photo, pixels.
    orientation
        The photo's EXIF orientation, 1..8.
    crowds
        Include COCO's crowds, which are not objects to cut out.
    note
        Called with a sentence for each object that is left out or clipped.

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
    for part in parts:
        if part.path.lower().endswith(MASK_SUFFIX):
            return _mask_detections(inbox, part.path, name, width, height, orientation)
    coco, source = _first_text(inbox, (each for each in parts if is_coco(each.path)))
    found = read_sidecar(
        name,
        width,
        height,
        orientation=orientation,
        coco=coco,
        source=source,
        crowds=crowds,
        note=note,
    )
    if found:
        return found
    boxes, source = _first_text(inbox, (each for each in parts if is_boxes(each.path)))
    return read_sidecar(name, width, height, boxes_csv=boxes, source=source, note=note)


def sidecar_placements(inbox: UPath, parts: Iterable[Part]) -> str | None:
    """Read the JSON text of a scene's `<stem>.placements.json`; None if there is no such file.

    Raises
    ------
    SidecarError
        The file cannot be read, or is not UTF-8 text.
    """
    for part in parts:
        if part.path.lower().endswith(PLACEMENTS_SUFFIX):
            return read_text(inbox, part.path)
    return None
