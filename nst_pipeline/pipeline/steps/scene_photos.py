"""The asset `scene_photos`, and the check `opens`."""

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
    file = item.workspace.photo_file("scenes", item.key)
    text = sidecar_placements(item.workspace.inbox_folder("scenes"), file.parts)
    source = f"placements of {file.path}"
    return None if text is None else tuple(parse_placements(text, source=source))


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="scenes",
    kinds={"image"},
    inputs=from_inbox,
    settings=("ingest",),
    code_version="3",
    presentation=Presentation(pictures=photo_itself("scenes")),
)
def scene_photos(item: Item) -> Made:
    """Open, check, and record a photo to paste objects on, with your own placements if any.

    Each photo in the inbox `scenes/` of the data root is a partition. The file stays where it is.
    """
    record = photo_record(item, "scenes")
    described = ScenePhotoRecord(**dict(record), placements=_placements_beside(item))
    return Made({files.RECORD: described}, {"megapixels": record.megapixels})


def _wrong_size(snapshot: Snapshot, row: Row) -> str:
    """Return a complaint if the size of an artifact's main picture differs from the scene's."""
    pictures = [each for each in row.files if files.is_picture(each)]
    name = files.PICTURE if files.PICTURE in pictures else pictures[0]
    picture = files.decode_picture(name, snapshot.store.read(row.asset, row.key, name))
    if name != files.PICTURE:
        return ""
    scene = snapshot.store.record(ScenePhotoRecord, scene_photos.name, row.key)
    if picture.shape[:2] != (scene.height, scene.width):
        found = f"{picture.shape[1]}x{picture.shape[0]}"
        return f"it has {found} pixels, but its scene has {scene.width}x{scene.height}"
    return ""


OPENS = Check(
    "opens",
    "Fails if a stored picture cannot be read, or its size differs from its scene's (recipes have "
    "sizes of their own). The file is "
    "damaged: delete it, and the next run makes it again.",
    _wrong_size,
)
