"""A scene's placements: the user's own if there are any, otherwise planned ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nst_pipeline.errors import SidecarError
from nst_pipeline.pipeline.steps.library import Library, Offer
from nst_pipeline.pipeline.steps.records import placement_record, read_placement, sticker_file
from nst_pipeline.style.detector import network_finder
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.detect import find_obstacles
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.explicit import resolve_placements
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.shapes import Composite, Detection, Placement

if TYPE_CHECKING:
    from nst_pipeline.pipeline.engine.item import Item


def explicit_placements(scene_record: dict[str, Any], library: Library) -> list[Placement] | None:
    """The placements of a scene's sidecar, with names resolved; None without a sidecar.

    Raises:
        SidecarError: a name is no sticker's and no object photo's.
    """
    given = scene_record["placements"]
    if given is None:
        return None
    source = f"placements of {scene_record['path']}"
    placements = [read_placement(each) for each in given]
    return resolve_placements(placements, library.names, source=source)


def stickers_considered(
    scene_key: str,
    scene_digest: str,
    scene_record: dict[str, Any] | None,
    library: Library,
    candidates: Offer,
) -> list[LibrarySticker]:
    """Those that a scene's placements depend on.

    Args:
        scene_key: the scene.
        scene_digest: of its photo's bytes.
        scene_record: given only where the scene has a sidecar.
        library: all stickers.
        candidates: those among which a place is looked for where the user named none.
    """
    try:
        named = None if scene_record is None else explicit_placements(scene_record, library)
    except SidecarError:
        # A wrong name is this scene's own failure; it is told when its placements are made.
        return []
    if named is None:
        return candidates(scene_key, scene_digest)
    names = {each.sticker for each in named}
    return [each for each in library.stickers if each.sticker in names]


def _obstacles(item: Item) -> list[Detection]:
    """What the user marked in the scene, or what is found there."""
    given = item.given_detections("scenes")
    settings = item.settings.detection
    network = network_finder(settings)
    return find_obstacles(item.photo("scenes"), settings, given, network=network)


def place_stickers(item: Item) -> list[dict[str, Any]]:
    """Placements as records, each with its sticker's label, photo and digest."""
    library = item.view.library
    if library is None:
        return []
    record = item.record("scene_photos")
    placements = explicit_placements(record, library)
    if placements is None:
        settings = item.settings.placement
        candidates = library.candidates(settings)(item.key, record["digest"])
        scene, found = item.photo("scenes"), _obstacles(item)
        placements = plan(scene, candidates, found, settings, scene_key=item.key)
    return [_described(each, library) for each in placements]


def why_none(item: Item) -> str:
    """Why a scene got no sticker."""
    library, record = item.view.library, item.record("scene_photos")
    if library is None or not library.stickers:
        return "there is no sticker yet: drop photos with objects into objects/"
    if record["placements"] is not None:
        return "the placements file beside the scene names no sticker"
    tried = library.candidates(item.settings.placement)(item.key, record["digest"])
    if not tried:
        return (
            f"none of the {len(library.stickers)} stickers may be used: their quality is below "
            "placement.min_quality, or their photo's top or two of its sides cut them off"
        )
    return (
        f"none of {len(tried)} stickers found room: the scene shows too little free ground, or "
        "none where its edge would hide what the object's photo cut off"
    )


def _described(placement: Placement, library: Library) -> dict[str, Any]:
    object_key, _ = sticker_file(placement.sticker)
    return placement_record(placement) | {
        "object_key": object_key,
        "label": library.labels[placement.sticker],
        "photo": library.photos[object_key].path,
        "photo_digest": library.photos[object_key].digest,
        # Part of the record, so that a sticker that was cut anew remakes the composite.
        "sticker_digest": library.photos[object_key].sticker_digest,
    }


def compose_scene(item: Item) -> Composite:
    """The scene with its placements' stickers laid on it, and their contact shadows under them."""
    placements = [read_placement(each) for each in item.record("placements")]
    layers = []
    for each in placements:
        object_key, name = sticker_file(each.sticker)
        layers.append((each, item.picture("stickers", name, object_key)))
    return compose(item.photo("scenes"), layers, shadow=item.settings.placement.shadow)
