"""Photos in the inboxes: their records, and the objects that users marked in them."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.workspace import Collection
from nst_pipeline.storage.records import PhotoRecord
from nst_pipeline.storage.sidecars.files import sidecar_detections
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.images.codecs import decode_alpha, read_header
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.shapes import Detection

_CUT_OUT_LABEL = "object"
"""Label of an object that came already cut out: nothing says what it is."""


def photo_record(item: Item, collection: Collection) -> PhotoRecord:
    """Decode a photo to the end and describe it.

    Raises
    ------
    UnreadableImageError
        The photo cannot be decoded; names the file and the reason.
    """
    data = item.workspace.photo_bytes(collection, item.key)
    photo = item.photo(collection)
    header, file = read_header(data), item.workspace.photo_file(collection, item.key)
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
    item: Item, collection: Collection, *, crowds: bool = False
) -> list[Detection]:
    """Read what the user's mask, COCO file, or boxes say about a photo.

    Parameters
    ----------
    item
        The artifact whose key is the photo's.
    collection
        The photo's inbox.
    crowds
        Include COCO's crowds. They are annotated, but are not objects to cut out.
    """
    height, width = item.photo(collection).shape[:2]
    path = item.workspace.photo_file(collection, item.key).path
    return sidecar_detections(item.workspace.inbox(collection), path, width, height, crowds=crowds)


def given_objects(item: Item, collection: Collection) -> list[Detection]:
    """Return the user's own objects: boxes and masks beside the photo, else its transparency."""
    return annotated_objects(item, collection) or _own_transparency(item, collection)


def _own_transparency(item: Item, collection: Collection) -> list[Detection]:
    limit = item.settings.ingest.max_megapixels
    data = item.workspace.photo_bytes(collection, item.key)
    alpha = decode_alpha(data, max_megapixels=limit)
    if alpha is None or not alpha.any():
        return []
    return [Detection(object_box(alpha), _CUT_OUT_LABEL, 1.0, "alpha", object_mask(alpha))]
