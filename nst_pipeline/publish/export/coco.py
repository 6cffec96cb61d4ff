"""COCO's layout: `annotations/instances_<part>.json`, and the pictures in a folder per part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from nst_pipeline.publish.coco import CocoDataset, LabeledImage, coco_pieces
from nst_pipeline.publish.export.content import Content, Files, Rendered
from nst_pipeline.publish.export.pictures import ExportPicture
from nst_pipeline.publish.splits import SIDES


def _negatives(pictures: Sequence[ExportPicture], first: int) -> Iterator[dict[str, Any]]:
    """Describe the pictures without objects; the ids start with `first`."""
    for number, each in enumerate((p for p in pictures if p.image_id is None), start=first):
        yield {
            "id": number,
            "file_name": f"{each.name}.png",
            "width": each.width,
            "height": each.height,
            "scene_photo": each.scene_photo,
            "split": each.part,
        }


def _part(dataset: CocoDataset, pictures: Sequence[ExportPicture], last_id: int) -> Rendered:
    """Encode the images of a part, those without objects last."""
    own = {each.image_id: each for each in pictures if each.image_id is not None}

    def entries() -> Iterator[LabeledImage]:
        for image, labeled in dataset.entries():
            if image.id in own:
                picture = own[image.id]
                update = {"file_name": f"{picture.name}.png", "split": picture.part}
                yield LabeledImage(image.model_copy(update=update), labeled)

    def pieces() -> Iterator[bytes]:
        part = replace(dataset, entries=entries)
        return coco_pieces(part, more_images=_negatives(pictures, last_id + 1))

    def source() -> str:
        digest = hashlib.sha256()
        for piece in pieces():
            digest.update(piece)
        return digest.hexdigest()

    def fill(path: Path) -> None:
        with path.open("wb") as file:
            file.writelines(pieces())

    return Rendered(cache(source), fill)


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
    last_id = max((image.id for image, _ in dataset.entries()), default=0)
    for side in SIDES:
        part = [each for each in pictures if each.part == side]
        if part:
            files[f"annotations/instances_{side}.json"] = _part(dataset, part, last_id)
            files |= {f"{side}/{each.name}.png": each.png for each in part}
    return files
