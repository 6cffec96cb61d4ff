"""Pictures as the app shows them: WebP, as large as a screen."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.publish.thumbnails import webp_bytes
from nst_pipeline.review.desk import PICTURE_ASSETS
from nst_pipeline.storage.records import Placements
from nst_pipeline.vision.shapes import Box, Picture

SCREEN_SIDE = 1600
_CLOSE_SIDE = 720
_AROUND = 0.2
"""Of the object's longer side: surroundings in a close-up."""
_QUALITY = 88


def read_picture(snapshot: Snapshot, name: str, key: str) -> Picture:
    """Read the picture of an asset, or a scene's photo for the name `photo`.

    Raises
    ------
    NstError
        There is no such scene.
    FileNotFoundError
        The picture was never made, or is gone.
    """
    if name == "photo":
        return snapshot.workspace.photo("scenes", key)
    return snapshot.picture(PICTURE_ASSETS[name], key)


def _close_up(snapshot: Snapshot, picture: Picture, key: str) -> Picture:
    """Cut the part with the objects out of a picture, a little larger than they are."""
    height, width = picture.shape[:2]
    placed = list(snapshot.record(Placements, placements, key))
    boxes = [each.box.clipped(width, height) for each in placed]
    if not boxes:
        return picture
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    box = Box(left, top, right - left, bottom - top)
    margin = round(_AROUND * max(box.width, box.height, 1))
    return picture[box.expanded(margin).clipped(width, height).slices]


def preview(snapshot: Snapshot, name: str, key: str, *, close: bool) -> bytes:
    """Encode a picture for the screen, WebP.

    Parameters
    ----------
    snapshot
        The collection.
    name, key
        The picture, as for `read_picture`.
    close
        Show only the part with the objects.

    Raises
    ------
    NstError
        There is no such scene.
    FileNotFoundError
        The picture was never made, or is gone.
    """
    picture = read_picture(snapshot, name, key)
    if close:
        return webp_bytes(_close_up(snapshot, picture, key), side=_CLOSE_SIDE, quality=_QUALITY)
    return webp_bytes(picture, side=SCREEN_SIDE, quality=_QUALITY)
