"""From object photos to stickers, and the library of them."""

from nst_pipeline.defs.dagster_asset import graph_asset
from nst_pipeline.pipeline.engine import graph
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.steps.library import (
    LIBRARY_FILE,
    SHEET_FILE,
    library_rows,
    library_sheet,
)
from nst_pipeline.pipeline.steps.photos import photo_record
from nst_pipeline.pipeline.steps.records import (
    detection_record,
    read_detection,
    sticker_id,
    sticker_png,
)
from nst_pipeline.publish.dataset import parquet_bytes
from nst_pipeline.storage.store import Content
from nst_pipeline.style.detector import network_finder
from nst_pipeline.vision.cutout import crop_sticker, cut_out
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.place.cut_edges import cut_edges


@graph_asset(graph.OBJECT_PHOTOS, kinds={"image"}, group="objects")
def object_photos(item: Item) -> Made:
    """Photos with something in them to cut out: each is opened, checked and recorded.

    A partition is a photo in the inbox `objects/` of the data root; it is named after the file. The
    file itself stays where it is. New photos become partitions when `inbox_sensor`, `nightly_job`
    or `nst run` scans the inbox: *Add a partition* does not help, drop a file instead.
    """
    record = photo_record(item, "objects")
    return Made({".json": record}, {"megapixels": record["megapixels"]})


@graph_asset(graph.DETECTIONS, kinds={"opencv"}, group="objects")
def detections(item: Item) -> Made:
    """Finds the objects in a photo: your own boxes and masks first, then OpenCV's finders.

    `score` is how sure the surest finding is, 0..1. A photo in which nothing was found is no error:
    its result is empty. Draw a box (docs/how-to/your-own-photos.md) where a finder is wrong.
    """
    given = item.given_detections("objects")
    settings = item.settings.detection
    found = detect(item.photo("objects"), settings, given, network=network_finder(settings))
    return Made(
        {".json": [detection_record(each) for each in found]},
        {"objects": len(found), "score": max((each.score for each in found), default=0.0)},
        empty="" if found else "no object was found",
    )


@graph_asset(graph.STICKERS, kinds={"opencv"}, group="objects")
def stickers(item: Item) -> Made:
    """Cuts the objects out: one transparent PNG for each, with soft edges and clean colors.

    `quality` says how far the outline is to be trusted, 0..1. What is doubtful is kept, but not
    pasted (`placement.min_quality`).
    """
    photo, source = item.photo("objects"), item.record("object_photos")
    files: dict[str, Content] = {}
    records = []
    for number, record in enumerate(item.record("detections")):
        cutout = cut_out(photo, read_detection(record), item.settings.cutout)
        pixels, box = crop_sticker(cutout)
        if not pixels.size:
            continue
        told = {
            "sticker": sticker_id(item.key, number),
            "label": record["label"],
            "source": record["source"],
            "score": record["score"],
            "quality": round(float(cutout.quality), 6),
            "lab": mean_lab(pixels),
            "cut_by": cut_edges(cutout.matte),
            "box": [box.x, box.y, box.width, box.height],
            "photo": source["path"],
            "photo_digest": source["digest"],
            "photo_size": [source["width"], source["height"]],
        }
        files[f".{number}.png"] = sticker_png(pixels, told)
        records.append(told)
    files[".json"] = records
    quality = max((each["quality"] for each in records), default=0.0)
    empty = "" if records else "nothing was left of the objects when cut out"
    return Made(files, {"stickers": len(records), "quality": quality}, empty)


@graph_asset(graph.STICKER_LIBRARY, kinds={"parquet"}, group="objects")
def sticker_library(item: Item) -> Made:
    """All stickers in one Parquet table, with a contact sheet to look at.

    Are the cut-outs good? The sheet shows it at a glance. Placing chooses from this table.
    """
    table = library_rows(item.view)
    files: dict[str, Content] = {
        LIBRARY_FILE: parquet_bytes(table),
        SHEET_FILE: library_sheet(item.view.workspace.store, table),
    }
    empty = "" if table.num_rows else "no sticker was made yet: drop photos into objects/"
    return Made(files, {"stickers": table.num_rows}, empty)
