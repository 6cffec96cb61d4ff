"""Photos of the inboxes as records: validated, measured, digested."""

from __future__ import annotations

from typing import Any

from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.workspace import Collection
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.images.codecs import read_header


def photo_record(item: Item, collection: Collection) -> dict[str, Any]:
    """Decode a photo to the end and tell what it is.

    Raises:
        UnreadableImageError: it cannot be decoded; names the file and the reason.
    """
    data = item.view.workspace.photo_bytes(collection, item.key)
    photo = item.photo(collection)
    header, file = read_header(data), item.view.workspace.photo_file(collection, item.key)
    # Only where there is one: records of all other photos stay as they always were.
    notice = {"copyright": header.copyright} if header.copyright else {}
    return {
        "path": file.path,
        # Part of the record, so that another box or mask beside the photo remakes what follows.
        "sidecars": file.sidecar_digest,
        "digest": sha256(data),
        "width": photo.shape[1],
        "height": photo.shape[0],
        "megapixels": round(header.megapixels, 3),
        "format": header.format,
        "mode": header.mode,
        "orientation": header.orientation,
        **notice,
    }
