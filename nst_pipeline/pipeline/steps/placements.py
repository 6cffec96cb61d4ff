"""The asset `placements`: a scene's placements, given by the user or planned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pyarrow as pa

from nst_pipeline.errors import SidecarError
from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.inputs import Resolved, Resolver, from_same_key
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.photos import annotated_objects, noted
from nst_pipeline.pipeline.engine.pictures import boxes_on_photo
from nst_pipeline.pipeline.engine.setting_files import file_digests
from nst_pipeline.pipeline.engine.snapshot import BLOCK_KEYS, Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.detections import box_columns, detector_digests
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.pipeline.steps.sticker_library import (
    Library,
    read_library,
    sticker_library,
    unusable_stickers,
)
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.settings import PlacementSettings, Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Input, Row
from nst_pipeline.storage.fingerprint import inputs_text
from nst_pipeline.storage.keys import photo_key, variant_number
from nst_pipeline.storage.records import PlacementRecord, Placements, ScenePhotoRecord
from nst_pipeline.storage.review import INPUT as REVIEW
from nst_pipeline.storage.review import Wishes
from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.style.habitats import HABITATS_FILE
from nst_pipeline.style.kinship import kinship_with
from nst_pipeline.style.light_reader import LIGHT_READER_FILE
from nst_pipeline.style.naturalness import NATURALNESS_FILE
from nst_pipeline.style.scene_layout import LAYOUT_FILE, load_layout_network
from nst_pipeline.style.tries import judge_in_preview
from nst_pipeline.vision.detect import find_obstacles
from nst_pipeline.vision.place.choose import Candidates, LibrarySticker
from nst_pipeline.vision.place.explicit import open_cuts, resolve_placements
from nst_pipeline.vision.place.plan import Plan, Planned, assess, plan
from nst_pipeline.vision.place.support import hangs
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Box, Detection, Placement, Rgba

_SMALLEST, _LARGEST = 0.02, 1.0
"""Heights of a sticker in a scene that is to get one anyway, as fractions of the scene's."""
_WHYS_SHOWN = 3
"""Reasons that are told where no sticker fits."""


def _digests(settings: Settings) -> dict[str, str]:
    """Digest the networks that find objects, read layout, light and habitats, and judge."""
    networks = {
        "layout": LAYOUT_FILE,
        "light_reader": LIGHT_READER_FILE,
        "naturalness": NATURALNESS_FILE,
        "habitats": HABITATS_FILE,
        "classifier": CLASSIFIER.obtain_if_possible() or "",
    }
    own = file_digests(**{name: str(file) for name, file in networks.items()})
    return detector_digests(settings) | own


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


def _offered(
    key: str, digest: str, library: Library, settings: Settings, wishes: Wishes
) -> Candidates:
    """Return the stickers that a scene may get; others for those that the user turned down."""
    if wishes.kept:
        kept = [library.by_name[each] for each in wishes.kept if each in library.by_name]
        if kept:
            return Candidates(kept, library.offer(settings.placement)(key, digest, ()).round)
    return library.offer(settings.placement)(key, digest, wishes.refused_stickers)


def _sized(wishes: Wishes, library: Library) -> tuple[Placement, ...]:
    """Return the placements whose size the user changed, if their stickers still exist."""
    known = all(each.sticker in library.by_name for each in wishes.sized)
    return wishes.sized if known else ()


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
        Holds the settings and the user's wishes.
    """
    try:
        named = None if record is None else explicit_placements(record, library)
    except SidecarError:
        # A wrong name fails this scene only, and is reported when its placements are made.
        return []
    if named is None:
        wishes = snapshot.review.of(key).wishes or Wishes()
        named = [*_sized(wishes, library)] or None
        if named is None:
            return _offered(key, digest, library, snapshot.settings, wishes).stickers
    names = {each.sticker for each in named}
    return [each for each in library.stickers if each.sticker in names]


def stickers_tried(snapshot: Snapshot, key: str) -> tuple[str, ...]:
    """Return the names of the stickers that a scene is offered now."""
    library = snapshot.once(read_library)
    if library is None:
        return ()
    digest = snapshot.workspace.photo_file("scenes", key).digest
    wishes = snapshot.review.of(key).wishes or Wishes()
    offered = _offered(key, digest, library, snapshot.settings, wishes).stickers
    return tuple(each.sticker for each in offered)


def _scene_and_candidates(snapshot: Snapshot, node: Node) -> Resolver:
    """Use the scene, the user's wishes for it, and the stickers that are candidates for it.

    The library as a whole is not an input, so that a new sticker remakes only the scenes for which
    it is a candidate. The same holds for the file of wishes.
    """
    photos = snapshot.workspace.index("scenes").photos
    scene, library = from_same_key(snapshot, node, (scene_photos,)), snapshot.once(read_library)
    if library is None:
        return lambda _: f"{sticker_library.name} is not made yet"

    def resolve(key: str) -> Resolved:
        inputs = scene(key)
        if isinstance(inputs, str):
            return inputs
        photo = photos.get(key)
        has_sidecar = photo is not None and photo.sidecar_digest
        record = snapshot.record(ScenePhotoRecord, scene_photos, key) if has_sidecar else None
        digest = "" if photo is None else photo.digest
        considered = _stickers_considered(key, digest, record, library, snapshot)
        object_keys = sorted({each.object_key for each in considered})
        return (
            *inputs,
            *_wishes_as_input(snapshot, key, record),
            *(Input(stickers.name, k, library.photos[k].sticker_digest) for k in object_keys),
        )

    return resolve


def _texts(snapshot: Snapshot, node: Node) -> Iterator[pa.Array]:
    """Describe the inputs of the scenes without a sidecar and without wishes."""
    photos, library = snapshot.workspace.index("scenes").photos, snapshot.once(read_library)
    keys, wishes = snapshot.keys(node), snapshot.review.scenes
    if library is None:
        yield pa.nulls(len(keys), pa.string())
        return
    offer = library.offer(snapshot.settings.placement)
    scenes = snapshot.columns(scene_photos).usable
    texts = {
        key: inputs_text([Input(stickers.name, key, photo.sticker_digest)])
        for key, photo in library.photos.items()
    }
    for first in range(0, len(keys), BLOCK_KEYS):
        block = keys[first : first + BLOCK_KEYS]
        digests = scenes.slice(first, BLOCK_KEYS).to_pylist()
        offered = offer.photos([(key, photos[key].digest) for key in block])
        described = (
            None
            if digest is None or key in wishes or photos[key].sidecar_digest
            else inputs_text([Input(scene_photos.name, key, digest)])
            + "".join(map(texts.__getitem__, own))
            for key, digest, own in zip(block, digests, offered, strict=True)
        )
        yield pa.array(described, pa.string())


def _wishes_as_input(
    snapshot: Snapshot, key: str, record: ScenePhotoRecord | None
) -> Iterator[Input]:
    """Yield the user's wishes for a scene; none count beside a placements file."""
    wishes = snapshot.review.of(key).wishes
    if wishes is not None and (record is None or record.placements is None):
        yield Input(REVIEW, key, wishes.digest)


def _obstacles(item: Item) -> list[Detection]:
    """Return the objects that the user annotated in the scene, or else those that are found."""
    settings, given = item.settings, annotated_objects(item, "scenes")
    networks = network_finders(settings)
    return find_obstacles(item.photo("scenes"), settings.detection, given, networks=networks)


FOUND = "found"
"""Figure: labels and counts of what was found in the scene photo and nobody annotated, as JSON."""

Obstacles = Callable[[], list[Detection]]
"""Finds a scene's objects when it is first called, and keeps them."""


def _found(obstacles: Sequence[Detection]) -> dict[str, str]:
    """Count the objects that nobody annotated, by label, as a figure; nothing without any."""
    labels = Counter(each.label for each in obstacles if each.source != "sidecar")
    return {FOUND: json.dumps(labels, sort_keys=True, ensure_ascii=False)} if labels else {}


def _limits(settings: PlacementSettings, wishes: Wishes) -> PlacementSettings:
    """Return the settings for a scene, without the limits that the user wants to be passed over."""
    if not wishes.anyway:
        return settings
    lowest = min(settings.min_height_fraction, _SMALLEST)
    highest = max(settings.max_height_fraction, _LARGEST)
    update = {"min_height_fraction": lowest, "max_height_fraction": highest}
    return settings.model_copy(update={"min_plausibility": 0.0, **update})


def _plan(
    item: Item, record: ScenePhotoRecord, library: Library, wishes: Wishes, obstacles: Obstacles
) -> Plan:
    """Plan the scene's placements by its layout."""
    settings, scene = _limits(item.settings.placement, wishes), item.photo("scenes")
    candidates = _offered(item.key, record.digest, library, item.settings, wishes)
    if not candidates.stickers:
        return Plan((), {})
    layout = load_layout_network()(scene)
    return plan(
        scene,
        layout,
        candidates.stickers,
        obstacles(),
        settings,
        scene_key=photo_key(item.key),
        round=candidates.round,
        judge=judge_in_preview(scene, settings, partial(_pixels, item), library.quality_of),
        turned_down=wishes.refused_places,
        kinship=kinship_with(scene, layout),
    )


def _pixels(item: Item, sticker: str) -> Rgba:
    object_key, name = sticker_file(sticker)
    return item.picture(stickers, name, object_key)


def _lit(
    item: Item, planned: Planned, library: Library, side: Callable[[], float]
) -> PlacementRecord:
    """Describe a placement, mirrored if the sticker's light clearly comes from the other side."""
    placement, turned = planned.placement, ""
    sticker = library.by_name[placement.sticker]
    # What an edge of its photo cuts stays: the same edge of the scene hides the cut.
    if item.settings.placement.match_light and not sticker.touches_left | sticker.touches_right:
        pixels = _pixels(item, placement.sticker)
        placement, turned = match_light(placement, pixels, sticker.label, side)
    record = _describe(placement, library)
    update = {
        "turned": turned,
        "plausibility": planned.plausibility,
        "why": planned.why,
        "kinship": planned.kinship,
    }
    return record.model_copy(update=update)


def _why_empty(
    item: Item,
    record: ScenePhotoRecord,
    library: Library | None,
    wishes: Wishes,
    refused: Mapping[str, str],
) -> str:
    """Say why a scene got no sticker."""
    if library is None or not library.stickers:
        return "there is no sticker yet: put photos with objects into objects/"
    if record.placements is not None:
        return "the placements file beside the scene lists no sticker"
    if not library.offer(item.settings.placement)(item.key, record.digest, ()).stickers:
        unusable = unusable_stickers(library.stickers, item.settings.placement)
        reasons = _most_common(unusable.values()) or "they are objects of this very photo"
        return f"none of the {len(library.stickers)} stickers can be used: {reasons}"
    tried = _offered(item.key, record.digest, library, item.settings, wishes).stickers
    if not tried:
        return "you turned down all stickers: undo one in `nst review`"
    reasons = _most_common(refused.values())
    if wishes.refused_places:
        return f"no place is left that you did not turn down: {reasons}"
    return f"none of {len(tried)} stickers fits: {reasons}"


def _most_common(whys: Iterable[str]) -> str:
    return "; ".join(why for why, _ in Counter(whys).most_common(_WHYS_SHOWN))


def _describe(placement: Placement, library: Library) -> PlacementRecord:
    object_key, _ = sticker_file(placement.sticker)
    photo = library.photos[object_key]
    return PlacementRecord(
        sticker=placement.sticker,
        box=placement.box,
        flip=placement.flip,
        object_key=object_key,
        label=(label := library.by_name[placement.sticker].label),
        hangs=placement.hangs or hangs(label),
        photo=photo.path,
        photo_digest=photo.digest,
        sticker_digest=photo.sticker_digest,
    )


def _chosen(
    item: Item,
    given: Sequence[Placement],
    library: Library,
    obstacles: Obstacles,
    why: str = "",
) -> list[PlacementRecord]:
    """Describe the user's own placements, with how plausible they would be as planned ones."""
    if not given:
        return []
    scene = item.photo("scenes")
    layout, settings = load_layout_network()(scene), item.settings.placement
    described = []
    for each in given:
        sticker = library.by_name[each.sticker]
        plausibility = assess(scene, layout, sticker, each.box, obstacles(), settings)
        update = {"plausibility": plausibility, "why": why}
        described.append(_describe(each, library).model_copy(update=update))
    return described


def _notes_on_own(
    item: Item, record: ScenePhotoRecord, given: Sequence[Placement], library: Library
) -> Iterator[str]:
    """Yield what a person should know about their own placements."""
    for each in given:
        cuts = open_cuts(library.by_name[each.sticker], each, record.width, record.height)
        if cuts:
            name, edges = library.photos[sticker_file(each.sticker)[0]].path, " and ".join(cuts)
            yield (
                f"{name} is cut off at its {edges} where the scene shows it: let the scene's "
                "edge hide the cut, or place another sticker"
            )
    if variant_number(item.key) > 1:
        yield "the placements file decides, so that this variant equals the first"


def _planned(
    item: Item, record: ScenePhotoRecord, library: Library, wishes: Wishes, obstacles: Obstacles
) -> tuple[list[PlacementRecord], Mapping[str, str]]:
    """Plan and describe the scene's placements; return them, and why other stickers do not fit."""
    found = _plan(item, record, library, wishes, obstacles)
    shadows = item.settings.placement.cast_shadow
    side = cache(lambda: scene_light(item.photo("scenes"), shadows).side)
    return [_lit(item, each, library, side) for each in found.planned], found.refused


def _recorded(workspace: Workspace, row: Row) -> Placements:
    return workspace.store.record(Placements, row.asset, row.key, state=row)


def _boxes(workspace: Workspace, row: Row) -> Iterator[Box]:
    return (each.box for each in _recorded(workspace, row))


def _tables(workspace: Workspace, row: Row) -> dict[str, list[dict[str, Any]]]:
    shown: list[dict[str, Any]] = [
        {"label": each.label, "sticker": each.sticker}
        | box_columns(each.box)
        | {
            "plausibility": 1.0 if each.plausibility is None else each.plausibility,
            "why": each.why or "your own placement",
        }
        for each in _recorded(workspace, row)
    ]
    return {"objects shown": shown}


def _unused(workspace: Workspace, row: Row) -> list[Input]:
    """Return the stickers that were considered for a scene, but not placed."""
    placed = {each.object_key for each in _recorded(workspace, row)} if row.status == "ok" else ()
    return [each for each in row.inputs if each.asset == stickers.name and each.key not in placed]


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="scenes",
    kinds={"opencv"},
    upstream=(scene_photos, sticker_library),
    optional=(sticker_library,),
    inputs=_scene_and_candidates,
    texts=_texts,
    settings=("placement", "detection"),
    models=_digests,
    code_version="21",
    presentation=Presentation(
        pictures=boxes_on_photo("scenes", _boxes), tables=_tables, unused=_unused
    ),
)
def placements(item: Item) -> Made:
    """Choose the stickers for a scene, with their positions and sizes.

    Things stand on what carries them, as large as they are in reality; `plausibility` says how sure
    that is, 0..1. The same scene, stickers, and seed always give the same placements, and a new
    sticker changes only a few scenes. What you wished for in `nst review` holds. A file
    `<scene>.placements.json` beside the photo takes precedence.
    """
    library, record = item.snapshot.once(read_library), item.record(ScenePhotoRecord, scene_photos)
    wishes = item.snapshot.review.of(item.key).wishes or Wishes()
    obstacles = cache(lambda: _obstacles(item))
    placed: list[PlacementRecord] = []
    refused: Mapping[str, str] = {}
    notes: list[str] = []
    if library is not None:
        given = explicit_placements(record, library)
        if given is not None:
            placed = _chosen(item, given, library, obstacles)
            notes += _notes_on_own(item, record, given, library)
        elif _sized(wishes, library):
            sized = wishes.placements(record.width, record.height)
            placed = _chosen(item, sized, library, obstacles, "you chose its size in review")
        else:
            placed, refused = _planned(item, record, library, wishes, obstacles)
    least = min((each.plausibility for each in placed), default=0.0)
    figures = {"stickers": len(placed), "plausibility": least}
    told = {**noted(notes), **_found(obstacles())}
    empty = "" if placed else _why_empty(item, record, library, wishes, refused)
    return Made({files.RECORD: Placements(tuple(placed))}, {**figures, **told}, empty)
