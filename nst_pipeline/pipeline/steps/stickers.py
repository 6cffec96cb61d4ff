"""The asset `stickers`."""

from __future__ import annotations

import json

from nst_pipeline.pipeline.engine.asset import Check, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.setting_files import file_digests
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.detections import cutout_digests, detections
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.publish.report import FigurePlot
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.records import (
    DetectionRecord,
    Detections,
    PhotoRecord,
    StickerRecord,
    Stickers,
    sticker_png,
)
from nst_pipeline.storage.store import Content
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.habitats import HABITATS_FILE
from nst_pipeline.style.light_reader import LIGHT_READER_FILE
from nst_pipeline.style.scene_layout import LAYOUT_FILE, layout_once
from nst_pipeline.style.surroundings import Surroundings, read_surroundings
from nst_pipeline.vision.cutout import crop_sticker, cut_out
from nst_pipeline.vision.cutout.matte_quality import find_matte_defect
from nst_pipeline.vision.detect.transparency import OWN_ALPHA
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.place.cut_edges import cut_edges
from nst_pipeline.vision.shapes import Box, Cutout, Matte, Rgba


def sticker_id(object_key: str, number: int) -> str:
    """Return the name of a photo's sticker `number`, counted from 0.

    Examples
    --------
    >>> sticker_id("cup-1a2b3c4d", 0)
    'cup-1a2b3c4d.0'
    """
    return f"{object_key}.{number}"


def sticker_file(sticker: str) -> tuple[str, str]:
    """Return a sticker's object key, and the name of its file.

    Examples
    --------
    >>> sticker_file("cup-1a2b3c4d.0")
    ('cup-1a2b3c4d', '.0.png')
    """
    object_key, _, number = sticker.rpartition(".")
    return object_key, files.sticker(number)


def _poor_mattes(snapshot: Snapshot, row: Row) -> str:
    """Name the stickers that are almost empty, fill almost their whole box, or have hard edges."""
    soft = json.loads(row.settings)["cutout"]["matting"]
    complaints = []
    for record in snapshot.store.record(Stickers, row.asset, row.key, state=row):
        pixels = snapshot.store.picture(row.asset, *sticker_file(record.sticker), state=row)
        estimated = soft and record.source != OWN_ALPHA
        if complaint := find_matte_defect(pixels, expect_soft_edge=estimated):
            complaints.append(f"{record.sticker}: {complaint}")
    return "; ".join(complaints)


_MATTE_QUALITY = Check(
    "matte_quality",
    "Warns of stickers that are almost empty, fill almost their whole box, or have hard edges. "
    "Draw a tighter box around the object, or paint a mask (docs/how-to/your-own-photos.md).",
    _poor_mattes,
    severity="warning",
    figures=("quality",),
)


def _describe(
    sticker: str,
    source: PhotoRecord,
    found: DetectionRecord,
    cutout: Cutout,
    alpha: Matte | None,
    pixels: Rgba,
    box: Box,
    around: Surroundings,
) -> StickerRecord:
    return StickerRecord(
        sticker=sticker,
        label=found.label,
        source=found.source,
        score=found.score,
        quality=round(float(cutout.quality), 6),
        lab=mean_lab(pixels),
        cut_by=tuple(cut_edges(cutout.matte, alpha)),
        box=(box.x, box.y, box.width, box.height),
        photo=source.path,
        photo_digest=source.digest,
        photo_size=(source.width, source.height),
        light=around.light,
        height_m=found.height_m,
        footing=around.footing,
        surfaces=around.surfaces,
        kind=around.kind,
        view=around.view,
        habitats=around.habitats,
    )


def _digests(settings: Settings) -> dict[str, str]:
    """Digest the networks that cut objects out and see what is around them."""
    files_of = {
        "light_reader": LIGHT_READER_FILE,
        "layout": LAYOUT_FILE,
        "habitats": HABITATS_FILE,
        "classifier": CLASSIFIER.obtain_if_possible() or "",
    }
    return cutout_digests(settings) | file_digests(**{k: str(v) for k, v in files_of.items()})


@define_asset(
    phase="objects",
    inbox="objects",
    group="objects",
    kinds={"opencv"},
    upstream=(object_photos, detections),
    settings=("cutout",),
    models=_digests,
    code_version="17",
    checks=(_MATTE_QUALITY,),
    presentation=Presentation(
        ranked_by="quality",
        plots=(
            FigurePlot("stickers", "quality", "Cut-outs", "Expected overlap with the true outline"),
        ),
    ),
)
def stickers(item: Item) -> Made:
    """Cut out the objects: one transparent PNG each, with soft edges and clean colors.

    If a photo has transparency, its own alpha is the matte, and its colors stay as they are.
    `quality` is the expected quality of the outline, 0..1. Stickers of low quality are kept, but
    not pasted (`placement.min_quality`). What a photo shows around an object is kept with it: the
    light, the surfaces, the habitats, whether it stands on what can carry it, and from how far
    above it is seen.
    """
    photo, source = item.photo("objects"), item.record(PhotoRecord, object_photos)
    alpha, settings = item.alpha("objects"), item.settings.cutout
    network = load_cutout_network(settings.network)
    layout = layout_once(photo)
    made: dict[str, Content] = {}
    records = []
    for number, found in enumerate(item.record(Detections, detections)):
        cutout = cut_out(photo, found.detection(), settings, network=network, alpha=alpha)
        pixels, box = crop_sticker(cutout)
        if not pixels.size:
            continue
        around = Surroundings()
        if found.source != OWN_ALPHA:
            around = read_surroundings(photo, layout, found.label, cutout.matte)
        name = sticker_id(item.key, number)
        record = _describe(name, source, found, cutout, alpha, pixels, box, around)
        made[files.sticker(number)] = sticker_png(pixels, record)
        records.append(record)
    made[files.RECORD] = Stickers(tuple(records))
    quality = max((each.quality for each in records), default=0.0)
    empty = "" if records else "nothing was left of the objects after cutting them out"
    return Made(made, {"stickers": len(records), "quality": quality}, empty)
