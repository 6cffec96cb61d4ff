"""From scene photos to composites."""

from nst_pipeline.defs.dagster_asset import graph_asset
from nst_pipeline.pipeline.engine import graph
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.steps.photos import photo_record
from nst_pipeline.pipeline.steps.placing import compose_scene, place_stickers, why_none
from nst_pipeline.pipeline.steps.publishing import scene_labels
from nst_pipeline.pipeline.steps.records import layer_files, layer_records, placement_record
from nst_pipeline.storage.store import Content
from nst_pipeline.vision.images.dtype import to_uint8


@graph_asset(graph.SCENE_PHOTOS, kinds={"image"}, group="scenes")
def scene_photos(item: Item) -> Made:
    """Photos to paste objects on: each is opened, checked and recorded, with your own placements.

    A partition is a photo in the inbox `scenes/` of the data root; the file stays where it is.
    """
    given = item.sidecar_placements()
    placed = None if given is None else [placement_record(each) for each in given]
    record = photo_record(item, "scenes") | {"placements": placed}
    return Made({".json": record}, {"megapixels": record["megapixels"]})


@graph_asset(graph.PLACEMENTS, kinds={"opencv"}, group="scenes")
def placements(item: Item) -> Made:
    """Decides which stickers go where on a scene, and how large.

    The same scene, stickers and seed always give the same places, and a new sticker changes few
    scenes. `<scene>.placements.json` beside the photo overrules it.
    """
    placed = place_stickers(item)
    empty = "" if placed else why_none(item)
    return Made({".json": placed}, {"stickers": len(placed)}, empty)


@graph_asset(graph.COMPOSITES, kinds={"opencv"}, group="scenes")
def composites(item: Item) -> Made:
    """The stickers pasted on the scene, still in their own colors: picture, mask, shadow, labels.

    `object_share` is the part of the picture that the objects cover. The mask is the objects'
    alone; their contact shadows are in the picture, and in a file of their own.
    """
    composite = compose_scene(item)
    if not composite.layers:
        return Made(empty="every sticker lies outside the scene")
    files: dict[str, Content] = {
        ".png": composite.image,
        ".mask.png": to_uint8(composite.matte),
        ".shadow.png": to_uint8(composite.shadow),
        ".json": {"layers": layer_records(composite)} | scene_labels(item, composite),
        **layer_files(composite),
    }
    used = tuple(item.input("stickers", each["object_key"]) for each in item.record("placements"))
    return Made(files, {"object_share": float((composite.matte > 0).mean())}, used=used)
