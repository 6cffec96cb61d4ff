"""Photos in the inboxes: their records, and the objects that users marked in them."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.workspace import Inbox
from nst_pipeline.storage.records import PhotoRecord
from nst_pipeline.storage.sidecars.files import sidecar_detections
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.detect.transparency import find_cut_out
from nst_pipeline.vision.images.codecs import read_header
from nst_pipeline.vision.shapes import Detection


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


def annotated_objects(item: Item, inbox: Inbox, *, crowds: bool = False) -> list[Detection]:
    """Read the objects that the user annotated in a photo: by mask, COCO file, or boxes.

    Parameters
    ----------
    item
        An artifact with the photo's key.
    inbox
        The photo's inbox.
    crowds
        Include COCO's crowds, which are not objects to cut out.

    Raises
    ------
    SidecarError
        A sidecar cannot be used; the message names the file.
    """
    height, width = item.photo(inbox).shape[:2]
    path = item.workspace.photo_file(inbox, item.key).path
    return sidecar_detections(
        item.workspace.inbox_folder(inbox), path, width, height, crowds=crowds
    )


def given_objects(item: Item, inbox: Inbox) -> list[Detection]:
    """Return the objects that the user gave: by sidecars, or else by the photo's transparency.

    Raises
    ------
    SidecarError
        A sidecar cannot be used; the message names the file.
    """
    return annotated_objects(item, inbox) or find_cut_out(item.alpha(inbox))
