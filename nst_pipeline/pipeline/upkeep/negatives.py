"""Find the scene photos that may serve as pictures without objects in an export."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.publish.export import Negative
from nst_pipeline.storage.inbox_index import PhotoFile
from nst_pipeline.storage.keys import photo_key
from nst_pipeline.storage.records import ScenePhotoRecord
from nst_pipeline.storage.sidecars.names import PLACEMENTS_SUFFIX
from nst_pipeline.vision.images.png import encode_png


def _is_annotated(photo: PhotoFile) -> bool:
    """Whether the user annotated objects in a scene; placements alone are none."""
    return any(not part.path.lower().endswith(PLACEMENTS_SUFFIX) for part in photo.parts)


def _size(workspace: Workspace, key: str) -> tuple[int, int]:
    record = workspace.store.record(ScenePhotoRecord, scene_photos.name, key)
    return record.width, record.height


def _read(workspace: Workspace, key: str) -> bytes:
    return encode_png(workspace.photo("scenes", key))


def negative_scenes(workspace: Workspace, rows: pd.DataFrame) -> Iterator[Negative]:
    """List the scene photos in which nobody annotated an object.

    Parameters
    ----------
    workspace
        The collection.
    rows
        The dataset's table (`publish.dataset.COLUMNS`): the photos in it have composites.
    """
    used = set(rows.scene_digest)
    made = workspace.catalog.latest(scene_photos.name)
    for key, photo in workspace.index("scenes").photos.items():
        row = made.get(key)
        if key != photo_key(key) or _is_annotated(photo) or row is None or row.status != "ok":
            continue
        yield Negative(
            key,
            photo.digest,
            photo.path,
            size=partial(_size, workspace, key),
            read=partial(_read, workspace, key),
            stayed_empty=photo.digest not in used,
        )
