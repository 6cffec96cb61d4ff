"""The layout that Hugging Face's `datasets` reads as `imagefolder`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nst_pipeline.publish.export.content import Content, Files
from nst_pipeline.publish.export.pictures import ExportPicture
from nst_pipeline.publish.splits import Side

_FOLDERS: dict[Side, str] = {"train": "train", "val": "validation", "test": "test"}
"""`datasets` knows the parts by these names."""


def _line(picture: ExportPicture) -> str:
    """Describe a picture: one JSON object, with the columns of its objects as lists."""
    objects = picture.objects
    described: dict[str, Any] = {
        "file_name": f"{picture.name}.png",
        "width": picture.width,
        "height": picture.height,
        "scene_photo": picture.scene_photo,
        "naturalness": picture.naturalness,
        "objects": {
            "bbox": [list(map(float, each.bbox)) for each in objects],
            "category": [each.category for each in objects],
            "label": [each.label for each in objects],
            "area": [each.area for each in objects],
            "iscrowd": [each.iscrowd for each in objects],
            "segmentation": [[list(each) for each in one.polygons] for one in objects],
        },
    }
    return json.dumps(described, ensure_ascii=False) + "\n"


def hugging_face_files(pictures: Sequence[ExportPicture]) -> Files:
    """List the files of a folder for `load_dataset("imagefolder", data_dir=...)`.

    Parameters
    ----------
    pictures
        Those of all parts.
    """
    files: dict[str, Content] = {}
    for side, folder in _FOLDERS.items():
        # Pictures with objects first: the reader infers the columns' types from the first ones.
        part = sorted((each for each in pictures if each.part == side), key=lambda p: not p.objects)
        if part:
            files[f"{folder}/metadata.jsonl"] = "".join(map(_line, part)).encode()
            files |= {f"{folder}/{each.name}.png": each.png for each in part}
    return files
