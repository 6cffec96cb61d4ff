"""The asset `placements`: a scene's placements, given by the user or planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from nst_pipeline.errors import SidecarError
from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.inputs import Resolved, Resolver, from_same_key
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.photos import annotated_objects
from nst_pipeline.pipeline.engine.pictures import boxes_on_photo
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.detections import box_columns, detector_digests
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.pipeline.steps.sticker_library import Library, read_library, sticker_library
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Input, Row
from nst_pipeline.storage.records import PlacementRecord, Placements, ScenePhotoRecord
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.detect import find_obstacles
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.explicit import resolve_placements
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Box, Detection, Placement


def explicit_placements(record: ScenePhotoRecord, library: Library) -> list[Placement] | None:
    """Return the user's own placements on a scene, with names resolved; None if there are none.

    Raises
    ------
    SidecarError
        The library has no sticker and no object photo of some name.
    """
    if record.placements is None:
        return None
    source = f"placements of {record.path}"
    return resolve_placements(record.placements, library.names, source=source)


def _stickers_considered(
    key: str, digest: str, record: ScenePhotoRecord | None, library: Library, snapshot: Snapshot
) -> list[LibrarySticker]:
    """List the stickers that a scene's placements depend on.

    Parameters
    ----------
    key, digest
        Key of the scene, and digest of its photo.
    record
        The scene's record if it has a sidecar, or else None.
    library
        All stickers.
    snapshot
        Holds the settings.
    """
    try:
        named = None if record is None else explicit_placements(record, library)
    except SidecarError:
        # A wrong name fails this scene only, and is reported when its placements are made.
        return []
    if named is None:
        return library.offer(snapshot.settings.placement)(key, digest)
    names = {each.sticker for each in named}
    return [each for each in library.stickers if each.sticker in names]


def _scene_and_candidates(snapshot: Snapshot, node: Node) -> Resolver:
    """Use the scene and the stickers that are candidates for it.

    The library as a whole is not an input, so that a new sticker remakes only the scenes for which
    it is a candidate.
    """
    store, photos = snapshot.store, snapshot.workspace.index("scenes").photos
    scene, library = from_same_key(snapshot, node, (scene_photos,)), snapshot.once(read_library)
    if library is None:
        return lambda _: f"{sticker_library.name} is not made yet"

    def resolve(key: str) -> Resolved:
        inputs = scene(key)
        if isinstance(inputs, str):
            return inputs
        photo = photos.get(key)
        has_sidecar = photo is not None and photo.sidecar_digest
        record = store.record(ScenePhotoRecord, scene_photos.name, key) if has_sidecar else None
        digest = "" if photo is None else photo.digest
        considered = _stickers_considered(key, digest, record, library, snapshot)
        object_keys = sorted({each.object_key for each in considered})
        return *inputs, *(
            Input(stickers.name, k, library.photos[k].sticker_digest) for k in object_keys
        )

    return resolve


def _obstacles(item: Item) -> list[Detection]:
    """Return the objects that the user annotated in the scene, or else those that are found."""
    settings, given = item.settings, annotated_objects(item, "scenes")
    networks = network_finders(settings)
    return find_obstacles(item.photo("scenes"), settings.detection, given, networks=networks)


def _place(item: Item, record: ScenePhotoRecord, library: Library) -> list[PlacementRecord]:
    given = explicit_placements(record, library)
    if given is not None:
        return [_describe(each, library) for each in given]
    settings = item.settings.placement
    candidates = library.offer(settings)(item.key, record.digest)
    scene, obstacles = item.photo("scenes"), _obstacles(item)
    placed = plan(scene, candidates, obstacles, settings, scene_key=item.key)
    if not placed or not settings.match_light:
        return [_describe(each, library) for each in placed]
    # What an edge of its photo cuts stays: the same edge of the scene hides the cut.
    cut = {each.sticker for each in candidates if each.touches_left or each.touches_right}
    side = cache(lambda: scene_light(scene, settings.cast_shadow).side)
    return [
        _describe(each, library) if each.sticker in cut else _turned(item, each, library, side)
        for each in placed
    ]


def _turned(
    item: Item, placement: Placement, library: Library, side: Callable[[], float]
) -> PlacementRecord:
    """Mirror a sticker if its light clearly comes from the other side than the scene's."""
    object_key, name = sticker_file(placement.sticker)
    pixels = item.picture(stickers, name, object_key)
    turned, why = match_light(placement, pixels, library.labels[placement.sticker], side)
    return _describe(turned, library, why)


def _why_empty(item: Item, record: ScenePhotoRecord, library: Library | None) -> str:
    """Say why a scene got no sticker."""
    if library is None or not library.stickers:
        return "there is no sticker yet: put photos with objects into objects/"
    if record.placements is not None:
        return "the placements file beside the scene lists no sticker"
    tried = library.offer(item.settings.placement)(item.key, record.digest)
    if not tried:
        return (
            f"none of the {len(library.stickers)} stickers can be used: their quality is below "
            "placement.min_quality, or the top or two other edges of their photo cut them off"
        )
    return (
        f"none of {len(tried)} stickers fits: the scene has too little free ground, or none at the "
        "edge that would hide where the object's photo cut it off"
    )


def _describe(placement: Placement, library: Library, turned: str = "") -> PlacementRecord:
    object_key, _ = sticker_file(placement.sticker)
    photo = library.photos[object_key]
    return PlacementRecord(
        sticker=placement.sticker,
        box=placement.box,
        flip=placement.flip,
        object_key=object_key,
        label=library.labels[placement.sticker],
        photo=photo.path,
        photo_digest=photo.digest,
        sticker_digest=photo.sticker_digest,
        turned=turned,
    )


def _recorded(workspace: Workspace, row: Row) -> Placements:
    return workspace.store.record(Placements, row.asset, row.key)


def _boxes(workspace: Workspace, row: Row) -> Iterator[Box]:
    return (each.box for each in _recorded(workspace, row))


def _tables(workspace: Workspace, row: Row) -> dict[str, list[dict[str, Any]]]:
    shown = [
        {"label": each.label, "sticker": each.sticker} | box_columns(each.box)
        for each in _recorded(workspace, row)
    ]
    return {"objects shown": shown}


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="scenes",
    kinds={"opencv"},
    upstream=(scene_photos, sticker_library),
    optional=(sticker_library,),
    inputs=_scene_and_candidates,
    settings=("placement", "detection"),
    models=detector_digests,
    code_version="7",
    presentation=Presentation(pictures=boxes_on_photo("scenes", _boxes), tables=_tables),
)
def placements(item: Item) -> Made:
    """Choose the stickers for a scene, with their positions and sizes.

    The same scene, stickers, and seed always give the same placements, and a new sticker changes
    only a few scenes. A file `<scene>.placements.json` beside the photo takes precedence.
    """
    library, record = item.snapshot.once(read_library), item.record(ScenePhotoRecord, scene_photos)
    placed = [] if library is None else _place(item, record, library)
    empty = "" if placed else _why_empty(item, record, library)
    return Made({files.RECORD: Placements(tuple(placed))}, {"stickers": len(placed)}, empty)
