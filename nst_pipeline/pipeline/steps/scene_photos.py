"""The asset `scene_photos`, and the check that a picture has its scene's size."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.asset import Check, Presentation, define_asset
from nst_pipeline.pipeline.engine.inputs import from_inbox
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.photos import photo_record
from nst_pipeline.pipeline.engine.pictures import photo_itself
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.records import ScenePhotoRecord
from nst_pipeline.storage.sidecars.files import sidecar_placements
from nst_pipeline.storage.sidecars.placements import parse_placements
from nst_pipeline.vision.shapes import Placement


def _placements_beside(item: Item) -> tuple[Placement, ...] | None:
    """Read the user's own placements on a scene; None if there is no such file."""
    path = item.workspace.photo_file("scenes", item.key).path
    text = sidecar_placements(item.workspace.inbox("scenes"), path)
    return None if text is None else tuple(parse_placements(text, source=f"placements of {path}"))


@define_asset(
    phase="scenes",
    collection="scenes",
    group="scenes",
    kinds={"image"},
    inputs=from_inbox,
    settings=("ingest",),
    code_version="2",
    presentation=Presentation(pictures=photo_itself("scenes")),
)
def scene_photos(item: Item) -> Made:
    """Open, check, and record each photo to paste objects on, with your own placements.

    A partition is a photo in the inbox `scenes/` of the data root. The file stays where it is.
    """
    record = photo_record(item, "scenes")
    described = ScenePhotoRecord(**dict(record), placements=_placements_beside(item))
    return Made({files.RECORD: described}, {"megapixels": record.megapixels})


def _not_of_scene_size(snapshot: Snapshot, row: Row) -> str:
    """Open an artifact's first picture, and compare its size with the scene's."""
    name = next(each for each in row.files if files.is_picture(each))
    picture = files.decode_picture(name, snapshot.store.read(row.asset, row.key, name))
    scene = snapshot.store.record(ScenePhotoRecord, scene_photos.name, row.key)
    if picture.shape[:2] != (scene.height, scene.width):
        found = f"{picture.shape[1]}x{picture.shape[0]}"
        return f"is {found} pixels, its scene {scene.width}x{scene.height}"
    return ""


OPENS = Check(
    "opens",
    "Fails if a stored picture cannot be read back, or does not have its scene's size. Then the "
    "storage is at fault: delete the file, and the next run makes it again.",
    _not_of_scene_size,
)
