"""Find the scene photos that may serve as pictures without objects in an export."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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


def negative_scenes(
    workspace: Workspace, rows: pd.DataFrame, showing: Collection[str]
) -> Iterator[Negative]:
    """List the scene photos that show no labeled thing, as far as is known.

    Parameters
    ----------
    workspace
        The collection.
    rows
        The dataset's table (`publish.dataset.COLUMNS`): the photos in it have composites.
    showing
        Keys of scenes in which a thing of the dataset's labels was found, which are left out, as
        are those in which the user annotated objects.
    """
    used = set(rows.scene_digest)
    made = workspace.catalog.latest(scene_photos.name)
    for key, photo in workspace.index("scenes").photos.items():
        row = made.get(key)
        if key != photo_key(key) or key in showing or _is_annotated(photo):
            continue
        if row is None or row.status != "ok":
            continue
        yield Negative(
            key,
            photo.digest,
            photo.path,
            size=partial(_size, workspace, key),
            read=partial(_read, workspace, key),
            stayed_empty=photo.digest not in used,
        )
