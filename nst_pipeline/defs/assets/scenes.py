"""From scene photos to composites."""

from nst_pipeline.defs.graph_asset import graph_asset
from nst_pipeline.pipeline import graph
from nst_pipeline.pipeline.item import Item, Made
from nst_pipeline.pipeline.photos import photo_record
from nst_pipeline.pipeline.placing import compose_scene, place_stickers
from nst_pipeline.pipeline.publishing import scene_labels
from nst_pipeline.pipeline.records import layer_files, layer_records, placement_record
from nst_pipeline.storage.store import Content

_NO_PLACEMENT = (
    "no sticker found room: the library is empty, the scene is full or shows no ground, or the "
    "objects are cut off where the scene's edge cannot hide it"
)


@graph_asset(graph.SCENE_PHOTOS, kinds={"image"}, group="scenes")
def scene_photos(item: Item) -> Made:
    """Validates a scene photo and records its digest, size and the user's own placements.

    The file itself stays where it is, in the `scenes` inbox.
    """
    given = item.sidecar_placements()
    placed = None if given is None else [placement_record(each) for each in given]
    record = photo_record(item, "scenes") | {"placements": placed}
    return Made({".json": record}, {"megapixels": record["megapixels"]})


@graph_asset(graph.PLACEMENTS, kinds={"opencv"}, group="scenes")
def placements(item: Item) -> Made:
    """Decides which stickers go where, and how large: by scene, library and seed alone.

    A placement file beside the scene wins. A new sticker changes few scenes.
    """
    placed = place_stickers(item)
    empty = "" if placed else _NO_PLACEMENT
    return Made({".json": placed}, {"stickers": len(placed)}, empty)


@graph_asset(graph.COMPOSITES, kinds={"opencv"}, group="scenes")
def composites(item: Item) -> Made:
    """Pastes the stickers on the scene: picture, mask, unblended layers, and labels.

    The picture holds their contact shadows as well; the mask is the objects' alone, the shadows
    have a file of their own.
    """
    composite = compose_scene(item)
    if not composite.layers:
        return Made(empty="every sticker lies outside the scene")
    files: dict[str, Content] = {
        ".png": composite.image,
        ".mask.png": (composite.matte * 255).round().astype("uint8"),
        ".shadow.png": (composite.shadow * 255).round().astype("uint8"),
        ".json": {"layers": layer_records(composite)} | scene_labels(item, composite),
        **layer_files(composite),
    }
    used = tuple(item.input("stickers", each["object_key"]) for each in item.record("placements"))
    return Made(files, {"object_share": float((composite.matte > 0).mean())}, used=used)
