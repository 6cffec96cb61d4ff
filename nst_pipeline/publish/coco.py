"""Composites as a labelled dataset in COCO's format, computed scene by scene, then joined."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.ring import object_mask
from nst_pipeline.vision.shapes import Box, Mask, Matte

Split = Literal["train", "val", "test"]

_SPLIT_SHARES: tuple[tuple[Split, float], ...] = (("train", 0.8), ("val", 0.9), ("test", 1.0))
"""Upper ends on 0..1: the customary 80, 10 and 10 percent."""


@dataclass(frozen=True)
class SceneObject:
    """An object that is seen in a composite.

    `matte` is its visible part, (height, width) of the picture, less what lies over it;
    `full_box` is where all of it would be, in the picture's pixels, and may reach past the edges.
    `source` tells stickers from what was already annotated in the scene.
    """

    label: str
    matte: Matte
    full_box: Box
    sticker: str = ""
    object_photo: str = ""
    object_digest: str = ""
    score: float = 1.0
    source: Literal["sticker", "scene"] = "sticker"


@dataclass(frozen=True)
class SceneRecord:
    """A composite as the dataset sees it.

    `file_name` is the picture's path relative to the dataset's files, `scene_digest` the digest of
    the photo underneath, which alone decides the split.
    """

    key: str
    file_name: str
    width: int
    height: int
    scene_photo: str
    scene_digest: str
    objects: tuple[SceneObject, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    licence: str = ""


def split_of(digest: str) -> Split:
    """The side that a source photo falls on, by the hash of its digest.

    It depends on nothing else, so a photo stays where it is as the collection grows, and equal
    files under two names fall on the same side.
    """
    hashed = hashlib.sha256(digest.encode()).digest()
    position = int.from_bytes(hashed[:8]) / 2**64
    return next(split for split, end in _SPLIT_SHARES if position < end)


def _run_lengths(mask: Mask) -> dict[str, Any]:
    from pycocotools.mask import encode

    pixels: NDArray[np.uint8] = np.asfortranarray(mask, dtype=np.uint8)
    encoded = encode(pixels)
    return {"size": list(mask.shape), "counts": encoded["counts"].decode("ascii")}


def _annotation(item: SceneObject) -> dict[str, Any] | None:
    """An object's annotation without its ids; none if nothing of it is seen."""
    mask = object_mask(item.matte)
    area = int(np.count_nonzero(mask))
    if area == 0:
        return None
    full = item.full_box
    return {
        "label": item.label,
        "segmentation": _run_lengths(mask),
        "bbox": [int(side) for side in cv2.boundingRect(mask.view(np.uint8))],
        "full_bbox": [full.x, full.y, full.width, full.height],
        "area": area,
        "iscrowd": 0,
        "source": item.source,
        "sticker": item.sticker,
        "object_photo": item.object_photo,
        "object_digest": item.object_digest,
        "object_split": split_of(item.object_digest) if item.object_digest else None,
        "score": item.score,
    }


def scene_annotations(record: SceneRecord) -> dict[str, Any]:
    """One composite's image entry and annotations, without ids: plain values, ready for JSON.

    `bbox` and `area` are those of the visible part, [x, y, width, height] and pixels; pixels
    whose matte is at least 0.5 count as visible. Objects that are wholly hidden are left out.
    """
    annotations = [_annotation(item) for item in record.objects]
    return {
        "image": {
            "key": record.key,
            "file_name": record.file_name,
            "width": record.width,
            "height": record.height,
            "split": split_of(record.scene_digest),
            "scene_photo": record.scene_photo,
            "scene_digest": record.scene_digest,
            "scores": dict(record.scores),
            "licence": record.licence,
        },
        "annotations": [each for each in annotations if each is not None],
    }


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _image(image: Mapping[str, Any], number: int, licences: Mapping[str, int]) -> dict[str, Any]:
    kept = {name: value for name, value in image.items() if name != "licence"}
    return {"id": number, **kept, "license": licences[image["licence"]]}


def join_scenes(scenes: Iterable[Mapping[str, Any]], *, description: str = "") -> dict[str, Any]:
    """A COCO data set of what `scene_annotations` made, in the order of the scenes' keys.

    Ids count from 1; categories are numbered in the order of their names. Besides COCO's own
    fields, images carry `key`, `split`, `scores` and their source, annotations `full_bbox`,
    `source`, `sticker`, `score` and the object photo with the split that this falls on.
    """
    ordered = sorted(scenes, key=lambda scene: str(scene["image"]["key"]))
    licences = _numbered(scene["image"]["licence"] for scene in ordered)
    categories = _numbered(each["label"] for scene in ordered for each in scene["annotations"])
    annotations: list[dict[str, Any]] = []
    for image_id, scene in enumerate(ordered, start=1):
        for each in scene["annotations"]:
            kept = {name: value for name, value in each.items() if name != "label"}
            ids = {"id": len(annotations) + 1, "image_id": image_id}
            annotations.append({**ids, "category_id": categories[each["label"]], **kept})
    return {
        "info": {"description": description, "version": "1.0"},
        "licenses": [
            {"id": number, "name": name or "unknown", "url": ""}
            for name, number in licences.items()
        ],
        "images": [
            _image(scene["image"], number, licences) for number, scene in enumerate(ordered, 1)
        ],
        "categories": [
            {"id": number, "name": name, "supercategory": "object"}
            for name, number in categories.items()
        ],
        "annotations": annotations,
    }


def coco_json(dataset: Mapping[str, Any]) -> bytes:
    """A data set as the bytes of a COCO file; equal data sets give equal bytes."""
    return json.dumps(dataset, ensure_ascii=False, separators=(",", ":")).encode()
