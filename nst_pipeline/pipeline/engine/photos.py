"""Photos in the inboxes: their records, and the objects that users marked in them."""

from __future__ import annotations

from collections.abc import Sequence

from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.workspace import Inbox
from nst_pipeline.storage.records import PhotoRecord
from nst_pipeline.storage.sidecars.files import sidecar_detections
from nst_pipeline.storage.sidecars.objects import Note, ignore_note
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.detect.transparency import find_cut_out
from nst_pipeline.vision.images.header import read_header
from nst_pipeline.vision.shapes import Detection

NOTES = "notes"
"""Figure of an artifact: which annotations were not used as they are written, and why."""
_NOTES_KEPT = 5


def photo_record(item: Item, inbox: Inbox) -> PhotoRecord:
    """Decode a whole photo and describe it.

    Raises
    ------
    UnreadableImageError
        The photo cannot be decoded; the message names the file and the reason.
    """
    data = item.workspace.photo_bytes(inbox, item.key)
    photo = item.photo(inbox)
    header, file = read_header(data), item.workspace.photo_file(inbox, item.key)
    return PhotoRecord(
        path=file.path,
        sidecars=file.sidecar_digest,
        digest=sha256(data),
        width=photo.shape[1],
        height=photo.shape[0],
        megapixels=round(header.megapixels, 3),
        format=header.format,
        mode=header.mode,
        orientation=header.orientation,
        copyright=header.copyright,
    )


def annotated_objects(
    item: Item, inbox: Inbox, *, crowds: bool = False, note: Note = ignore_note
) -> list[Detection]:
    """Read the objects that the user annotated in a photo: by mask, COCO file, or boxes.

    Parameters
    ----------
    item
        An artifact with the photo's key.
    inbox
        The photo's inbox.
    crowds
        Include COCO's crowds, which are not objects to cut out.
    note
        Called with a sentence for each object that is left out or clipped.

    Raises
    ------
    SidecarError
        A sidecar cannot be used; the message names the file.
    """
    file = item.workspace.photo_file(inbox, item.key)
    parts = file.parts
    if not parts:
        return []
    height, width = item.photo(inbox).shape[:2]
    return sidecar_detections(
        item.workspace.inbox_folder(inbox),
        file.path,
        parts,
        width,
        height,
        orientation=read_header(item.workspace.photo_bytes(inbox, item.key)).orientation,
        crowds=crowds,
        note=note,
    )


def noted(notes: Sequence[str]) -> dict[str, str]:
    """Return notes about a photo's annotations as a figure of an artifact; nothing without any."""
    if not notes:
        return {}
    more = f"; and {len(notes) - _NOTES_KEPT} more" if len(notes) > _NOTES_KEPT else ""
    return {NOTES: "; ".join(notes[:_NOTES_KEPT]) + more}


def given_objects(item: Item, inbox: Inbox, *, note: Note = ignore_note) -> list[Detection]:
    """Return the objects that the user gave: by sidecars, or else by the photo's transparency.

    `note` is called with a sentence for each annotation that is left out or clipped.

    Raises
    ------
    SidecarError
        A sidecar cannot be used; the message names the file.
    """
    return annotated_objects(item, inbox, note=note) or find_cut_out(item.alpha(inbox))
