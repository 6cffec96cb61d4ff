"""The labels of all composites, joined into one data set in COCO's format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from nst_pipeline.storage.sidecars.licenses import License

Label = Mapping[str, Any]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _licenses(scenes: Iterable[Mapping[str, Any]]) -> dict[License, int]:
    """Every license of a scene or of an object, numbered in the order of their names."""
    found = {scene["image"]["license"] for scene in scenes}
    found |= {each["license"] for scene in scenes for each in scene["annotations"]}
    return {license: number for number, license in enumerate(sorted(found - {None}), start=1)}


def _without(values: Label, *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def join_scenes(scenes: Iterable[Mapping[str, Any]], *, description: str = "") -> dict[str, Any]:
    """A COCO data set of what `scene_annotations` made, in the order of the scenes' keys.

    Ids count from 1; categories are numbered in the order of their names. Besides COCO's own
    fields, images carry `key`, `split` and their source, annotations `full_bbox`, `rle`,
    `source`, `sticker`, `score` and the object photo.

    Args:
        scenes: with `license`, a `License`, in each image and annotation; an annotation that is
            the scene photo's own has None.
        description: of the data set.
    """
    ordered = sorted(scenes, key=lambda scene: str(scene["image"]["key"]))
    licenses = _licenses(ordered)
    categories = _numbered(each["label"] for scene in ordered for each in scene["annotations"])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, scene in enumerate(ordered, start=1):
        image = scene["image"]
        license = licenses[image["license"]]
        images.append({"id": image_id, **_without(image, "license"), "license": license})
        for each in scene["annotations"]:
            ids = {"id": len(annotations) + 1, "image_id": image_id}
            category, licensed = categories[each["label"]], licenses.get(each["license"])
            kept = _without(each, "label", "license")
            annotations.append({**ids, "category_id": category, **kept, "object_license": licensed})
    return {
        "info": {"description": description, "version": "1.0"},
        "licenses": [
            {"id": number, "name": license.name, "url": license.url}
            for license, number in licenses.items()
        ],
        "images": images,
        "categories": [
            {"id": number, "name": name, "supercategory": "object"}
            for name, number in categories.items()
        ],
        "annotations": annotations,
    }


def coco_json(dataset: Mapping[str, Any]) -> bytes:
    """A data set as the bytes of a COCO file; equal data sets give equal bytes."""
    return json.dumps(dataset, ensure_ascii=False, separators=(",", ":")).encode()
