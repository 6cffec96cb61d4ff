"""The asset `dataset`: the composites with their labels, as COCO JSON and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.inputs import Resolved, Resolver, from_collection
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import INBOXES, Inbox
from nst_pipeline.pipeline.steps.composites import composites, present_row
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.publish.coco import DatasetScene, LabeledImage, coco_pieces, join_scenes
from nst_pipeline.publish.dataset import COLUMNS, write_dataset
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.labels import Annotation
from nst_pipeline.storage.records import CompositeRecord, HarmonizedRecord
from nst_pipeline.storage.sidecars.licenses import License, Licenses, license_digests
from nst_pipeline.storage.spool import Spool
from nst_pipeline.storage.store import Pieces


def _results_and_licenses(snapshot: Snapshot, node: Node) -> Resolver:
    """Use all good results that were not rejected, and the license files in the inboxes."""
    results, rejected = from_collection(snapshot, node), snapshot.review.rejected

    def resolve(key: str) -> Resolved:
        licenses = []
        for inbox in INBOXES:
            photos = snapshot.workspace.index(inbox).photos.values()
            folder = snapshot.workspace.inbox_folder(inbox)
            digests = license_digests(folder, (photo.path for photo in photos))
            licenses += [Input(f"{inbox} licenses", *each) for each in digests.items()]
        found = results(key)
        assert not isinstance(found, str)
        return *(each for each in found if each.key not in rejected), *licenses

    return resolve


def _licenses(snapshot: Snapshot, inbox: Inbox) -> Licenses:
    photos = snapshot.workspace.index(inbox).photos.values()
    return Licenses(snapshot.workspace.inbox_folder(inbox), (photo.path for photo in photos))


def _results(snapshot: Snapshot) -> Iterator[tuple[Snapshot, str]]:
    """Yield the scenes with a present result that was not rejected, in order.

    Each is a key, and a snapshot that has its rows.
    """
    left_out = snapshot.failures(harmonized).keys() | snapshot.review.rejected
    keys = sorted(set(snapshot.keys(scene_photos)) - left_out)
    near = snapshot.near("scenes", keys)
    for key in keys:
        of_block = near(key)
        row, composite = present_row(of_block, harmonized, key), of_block.rows(composites).get(key)
        # Records of an earlier version lack fields; the next run of the scenes adds them.
        current = composite is not None and composite.code_version == composites.code_version
        if row is not None and row.status == "ok" and current:
            yield of_block, key


def _labeled_scenes(snapshot: Snapshot) -> Iterator[DatasetScene]:
    """Read the labels, figures and licenses of the scenes in the dataset, in order."""
    licenses = {name: _licenses(snapshot, name) for name in INBOXES}

    def license_of(each: Annotation) -> License | None:
        photo = each.object_photo
        return licenses["objects"].of(photo, each.object_copyright) if photo else None

    most = snapshot.count(scene_photos)
    for of_block, key in tracked("dataset scenes", _results(snapshot), most):
        labels = of_block.record(CompositeRecord, composites, key)
        result, image = of_block.record(HarmonizedRecord, harmonized, key), labels.image
        yield DatasetScene(
            image,
            labels.annotations,
            chosen=result.chosen,
            color_fit=result.color_fit,
            naturalness=result.naturalness,
            license=licenses["scenes"].of(image.scene_photo, image.copyright),
            object_licenses=tuple(license_of(each) for each in labels.annotations),
        )


@define_asset(
    phase="publish",
    inbox=None,
    group="published",
    kinds={"parquet", "json"},
    upstream=(composites, harmonized),
    inputs=_results_and_licenses,
    code_version="3",
    presentation=Presentation(counts_rows="annotations", columns=COLUMNS),
    read_by_people=True,
)
def dataset(item: Item) -> Made:
    """Write the labeled dataset: a COCO file, and a Parquet table with the same annotations.

    It labels the pasted objects and whatever you annotated in the scene photos
    (docs/reference/dataset.md). What you rejected in `nst review` is left out.
    """
    scenes = Spool(_labeled_scenes(item.snapshot))
    joined = join_scenes(scenes, description="Composites made by nst_pipeline")

    def entries() -> Iterator[LabeledImage]:
        return tracked("dataset files", joined.entries(), len(scenes))

    written = replace(joined, entries=entries)
    made = {
        files.COCO: Pieces(lambda file: file.writelines(coco_pieces(written))),
        files.ANNOTATIONS_TABLE: Pieces(lambda file: write_dataset(written, file)),
    }
    counts = {
        "images": len(scenes),
        "annotations": sum(len(scene.annotations) for scene in scenes),
        "categories": len(joined.categories),
    }
    return Made(made, counts)
