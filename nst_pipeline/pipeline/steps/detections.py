"""The asset `detections`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.photos import given_objects, noted
from nst_pipeline.pipeline.engine.pictures import boxes_on_photo
from nst_pipeline.pipeline.engine.setting_files import file_digests, network_digests
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.records import DetectionRecord, Detections
from nst_pipeline.style.finding.labels import CLASSIFIER, describe, name_objects
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.style.finding.people import PEOPLE
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.shapes import Box, Rgb


def detector_digests(settings: Settings) -> dict[str, str]:
    """Digest the networks that find objects, and the file of labels if the settings name one."""
    chosen = settings.detection
    people = PEOPLE.obtain_if_possible() if "people" in chosen.methods else None
    return network_digests(detector=chosen.dnn_model) | file_digests(
        labels=chosen.dnn_labels, people=str(people or "")
    )


def cutout_digests(settings: Settings) -> dict[str, str]:
    """Digest the network that cuts objects out and finds objects of any kind."""
    return network_digests(cutout=settings.cutout.network)


def _digests(settings: Settings) -> dict[str, str]:
    """Digest the networks that find and name objects."""
    classifier = CLASSIFIER.obtain_if_possible()
    return (
        detector_digests(settings)
        | cutout_digests(settings)
        | file_digests(classifier=str(classifier or ""))
    )


def _recorded(workspace: Workspace, row: Row) -> Detections:
    return workspace.store.record(Detections, row.asset, row.key, state=row)


def _boxes(workspace: Workspace, row: Row) -> Iterator[Box]:
    return (each.box for each in _recorded(workspace, row))


def box_columns(box: Box) -> dict[str, int]:
    """Return a box as columns of a table, in pixels."""
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}


def _tables(workspace: Workspace, row: Row) -> dict[str, list[dict[str, Any]]]:
    shown = [
        {"label": each.label, "looks like": str(each.guess or ""), "score": each.score}
        | {"source": each.source}
        | box_columns(each.box)
        for each in _recorded(workspace, row)
    ]
    return {"objects shown": shown}


def _why_empty(photo: Rgb) -> str:
    """Say that no object was found, and what the photo shows instead."""
    seen = describe(photo)
    return f"no object was found; the photo looks like: {seen}" if seen else "no object was found"


@define_asset(
    phase="objects",
    inbox="objects",
    group="objects",
    kinds={"opencv"},
    upstream=(object_photos,),
    settings=("detection",),
    models=_digests,
    code_version="5",
    presentation=Presentation(
        pictures=boxes_on_photo("objects", _boxes), tables=_tables, ranked_by="score"
    ),
)
def detections(item: Item) -> Made:
    """Find the objects in a photo, your own boxes and masks first, and name those without a label.

    `score` is the confidence of the best detection, 0..1. If no object is found, the result is
    empty, which is not an error, and says what the photo shows. If a finder is wrong, draw a box
    yourself (docs/how-to/your-own-photos.md).
    """
    settings, photo = item.settings, item.photo("objects")
    notes: list[str] = []
    given = given_objects(item, "objects", note=notes.append)
    networks = network_finders(settings)
    found = detect(photo, settings.detection, given, networks=networks)
    lowest = settings.detection.min_label_probability
    named = name_objects(photo, found, min_probability=lowest)
    score = max((each.score for each in named), default=0.0)
    return Made(
        {files.RECORD: Detections(tuple(DetectionRecord.of(each) for each in named))},
        {"objects": len(named), "score": score, **noted(notes)},
        empty="" if named else _why_empty(photo),
    )
