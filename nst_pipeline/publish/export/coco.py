"""COCO's layout: `annotations/instances_<part>.json`, and the pictures in a folder per part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nst_pipeline.publish.coco import CocoDataset, coco_json
from nst_pipeline.publish.export.folder import Content, Files
from nst_pipeline.publish.export.pictures import ExportPicture
from nst_pipeline.publish.splits import SIDES


def _part(dataset: CocoDataset, pictures: Sequence[ExportPicture]) -> bytes:
    """Encode the images of a part, those without objects last."""
    own = {each.image_id: each for each in pictures if each.image_id is not None}
    images = [
        image.model_copy(
            update={"file_name": f"{own[image.id].name}.png", "split": own[image.id].part}
        )
        for image in dataset.images
        if image.id in own
    ]
    first = max((each.id for each in dataset.images), default=0) + 1
    negatives: list[dict[str, Any]] = [
        {
            "id": number,
            "file_name": f"{each.name}.png",
            "width": each.width,
            "height": each.height,
            "scene_photo": each.scene_photo,
            "split": each.part,
        }
        for number, each in enumerate((p for p in pictures if p.image_id is None), start=first)
    ]
    annotations = tuple(each for each in dataset.annotations if each.image_id in own)
    part = dataset.model_copy(update={"images": tuple(images), "annotations": annotations})
    return coco_json(part, more_images=negatives)


def coco_files(dataset: CocoDataset, pictures: Sequence[ExportPicture]) -> Files:
    """List the files of a COCO export.

    Parameters
    ----------
    dataset
        The content of `coco.json`.
    pictures
        Those of all parts.
    """
    files: dict[str, Content] = {}
    for side in SIDES:
        part = [each for each in pictures if each.part == side]
        if part:
            files[f"annotations/instances_{side}.json"] = _part(dataset, part)
            files |= {f"{side}/{each.name}.png": each.png for each in part}
    return files
