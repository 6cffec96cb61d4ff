"""One composite's labels: what is seen of every object in it, in COCO's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.publish.outlines import outlines
from nst_pipeline.publish.splits import side_of, split_of
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Box, Detection, Mask, Matte

_LEAST_SEEN = 0.25
"""Less of a column or row of a box counts as hidden."""


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
    object_copyright: str = ""
    score: float = 1.0
    source: Literal["sticker", "scene"] = "sticker"
    outline: Literal["matte", "mask", "box"] = "matte"
    """What the mask comes from; of a `box` it is the rectangle."""
    crowd: bool = False
    visible: float = 1.0
    """Share, 0..1, of what the frame shows of it that no sticker hides."""
    box: Box | None = None
    """The visible part's; None: measured on the matte."""


@dataclass(frozen=True)
class SceneRecord:
    """A composite as the dataset sees it.

    `file_name` is the picture's path relative to the dataset's files, `scene_digest` the digest of
    the photo underneath, which with the objects' photos decides the split.
    """

    key: str
    file_name: str
    width: int
    height: int
    scene_photo: str
    scene_digest: str
    objects: tuple[SceneObject, ...] = ()
    copyright: str = ""
    """What the photo's own metadata say."""


def _ellipse(box: Box, height: int, width: int) -> Mask:
    """The ellipse that touches the box's sides: about what an object fills of its box."""
    rows, columns = np.ogrid[:height, :width]
    across = (columns + 0.5 - box.x - box.width / 2) / (box.width / 2)
    down = (rows + 0.5 - box.y - box.height / 2) / (box.height / 2)
    return np.asarray(across**2 + down**2 <= 1)


def _bounds(mask: Mask) -> Box:
    return Box(*(int(side) for side in cv2.boundingRect(mask.view(np.uint8))))


def _reach(whole: Mask, seen: Mask) -> Box | None:
    """The columns and rows of which enough is seen: the ragged edge of a sticker leaves slivers."""
    sides = []
    for axis in (0, 1):
        share = seen.sum(axis) / np.maximum(whole.sum(axis), 1)
        places = np.flatnonzero(share >= _LEAST_SEEN)
        if not len(places):
            return None
        sides.append((int(places[0]), int(places[-1]) + 1))
    (left, right), (top, bottom) = sides
    return Box(left, top, right - left, bottom - top)


def _rectangle(box: Box, shape: tuple[int, ...]) -> Matte:
    matte = np.zeros(shape, np.float32)
    matte[box.slices] = 1
    return matte


def carried_over(found: Detection, covered: Mask) -> SceneObject | None:
    """What was annotated in the scene, less what stickers hide; None if that is all of it.

    Where nothing is hidden, box and mask stay as they were given. An annotation without an
    outline counts as the ellipse in its box: its visible box reaches as far as at least a quarter
    of the ellipse's columns and rows is seen, and its mask is that box's rectangle.

    Args:
        found: the annotation, in the scene's pixels.
        covered: (height, width), where stickers lie.
    """
    whole = _ellipse(found.box, *covered.shape) if found.mask is None else found.mask
    seen = whole & ~covered
    pixels, left = int(np.count_nonzero(whole)), int(np.count_nonzero(seen))
    outlined = found.mask is not None
    box: Box | None = found.box
    if left < pixels:
        box = _bounds(seen) if outlined else _reach(whole, seen)
    if left == 0 or box is None:
        return None
    return SceneObject(
        found.label,
        seen.astype(np.float32) if outlined else _rectangle(box, covered.shape),
        found.box,
        source="scene",
        outline="mask" if outlined else "box",
        crowd=found.crowd,
        visible=left / pixels,
        box=box,
    )


def _run_lengths(mask: Mask) -> str:
    """COCO's compressed run lengths."""
    from pycocotools.mask import encode

    pixels: NDArray[np.uint8] = np.asfortranarray(mask, dtype=np.uint8)
    counts: bytes = encode(pixels)["counts"]
    return counts.decode("ascii")


def _plain_run_lengths(mask: Mask) -> dict[str, Any]:
    """COCO's run lengths as numbers: down the columns, by turns outside and inside."""
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(pixels)) + 1
    counts = np.diff(np.concatenate([[0], changes, [pixels.size]])).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if pixels[0] else counts}


def _annotation(item: SceneObject) -> dict[str, Any] | None:
    """An object's annotation without its ids; none if nothing of it is seen."""
    mask = object_mask(item.matte)
    area = int(np.count_nonzero(mask))
    if area == 0:
        return None
    full, seen = item.full_box, item.box or _bounds(mask)
    return {
        "label": item.label,
        "segmentation": _plain_run_lengths(mask) if item.crowd else outlines(mask),
        "rle": {"size": list(mask.shape), "counts": _run_lengths(mask)},
        "bbox": [seen.x, seen.y, seen.width, seen.height],
        "full_bbox": [full.x, full.y, full.width, full.height],
        "area": area,
        "iscrowd": int(item.crowd),
        "source": item.source,
        "outline": item.outline,
        "visible": round(item.visible, 4),
        "sticker": item.sticker,
        "object_photo": item.object_photo,
        "object_digest": item.object_digest,
        "object_copyright": item.object_copyright,
        "object_split": side_of(item.object_digest) if item.object_digest else None,
        "score": item.score,
    }


def scene_annotations(record: SceneRecord) -> dict[str, Any]:
    """One composite's image entry and annotations, without ids: plain values, ready for JSON.

    `bbox` and `area` are those of the visible part, [x, y, width, height] and pixels; pixels
    whose matte is at least 0.5 count as visible. Objects that are wholly hidden are left out.
    """
    annotations = [_annotation(item) for item in record.objects]
    photos = {record.scene_digest, *(item.object_digest for item in record.objects)} - {""}
    return {
        "image": {
            "key": record.key,
            "file_name": record.file_name,
            "width": record.width,
            "height": record.height,
            "split": split_of(photos),
            "scene_split": side_of(record.scene_digest),
            "scene_photo": record.scene_photo,
            "scene_digest": record.scene_digest,
            "copyright": record.copyright,
        },
        "annotations": [each for each in annotations if each is not None],
    }
