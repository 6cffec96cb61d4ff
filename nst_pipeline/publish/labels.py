"""Label one composite: the visible part of each object, in COCO's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from nst_pipeline.publish.outlines import outlines
from nst_pipeline.publish.splits import side_of, split_of
from nst_pipeline.storage.labels import (
    Annotation,
    CocoBox,
    ImageEntry,
    PlainRunLengths,
    RunLengths,
    SceneLabels,
)
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Box, Detection, Mask, Matte


@dataclass(frozen=True)
class VisibilityParameters:
    """How to shorten the box of a partly covered annotation that has no outline."""

    min_share: float = 0.25
    """Share of a row's or column's object pixels from which on it counts as visible. Slivers beside
    the ragged edge of a sticker stay below it."""


@dataclass(frozen=True)
class SceneObject:
    """An object that is visible in a composite."""

    label: str
    matte: Matte
    """Visible part, (height, width) of the composite; zero where another object covers it."""
    full_box: Box
    """Box of the whole object, composite pixels; may extend past the edges."""
    sticker: str = ""
    object_photo: str = ""
    object_digest: str = ""
    object_copyright: str = ""
    score: float = 1.0
    source: Literal["sticker", "scene"] = "sticker"
    """A pasted sticker, or an annotation of the scene photo."""
    outline: Literal["matte", "mask", "box"] = "matte"
    """Origin of the mask; for `box`, the mask is the rectangle."""
    crowd: bool = False
    """Many objects annotated as one."""
    visible: float = 1.0
    """Share of the object inside the frame that no sticker covers, 0..1."""
    box: Box | None = None
    """Box of the visible part; None to measure it on the matte."""
    opacity: float = 1.0
    """Largest alpha of the whole object, 0..1: less than 1 for glass."""


@dataclass(frozen=True)
class LabeledComposite:
    """A composite and the objects to label in it."""

    key: str
    file_name: str
    """Path of the image, relative to the dataset's folder."""
    width: int
    height: int
    scene_photo: str
    scene_digest: str
    """SHA-256 of the scene photo. With the objects' photos, it determines the split."""
    objects: tuple[SceneObject, ...] = ()
    copyright: str = ""
    """Copyright notice in the scene photo's metadata."""


def _ellipse(box: Box, height: int, width: int) -> Mask:
    """The ellipse inscribed in a box: about the part of its box that an object fills."""
    rows, columns = np.ogrid[:height, :width]
    across = (columns + 0.5 - box.x - box.width / 2) / (box.width / 2)
    down = (rows + 0.5 - box.y - box.height / 2) / (box.height / 2)
    return np.asarray(across**2 + down**2 <= 1)


def _bounds(mask: Mask) -> Box:
    return Box(*(int(side) for side in cv2.boundingRect(mask.view(np.uint8))))


def _visible_bounds(whole: Mask, visible: Mask, min_share: float) -> Box | None:
    """Bounds of the columns and rows of which at least `min_share` is visible."""
    sides = []
    for axis in (0, 1):
        share = visible.sum(axis) / np.maximum(whole.sum(axis), 1)
        positions = np.flatnonzero(share >= min_share)
        if not len(positions):
            return None
        sides.append((int(positions[0]), int(positions[-1]) + 1))
    (left, right), (top, bottom) = sides
    return Box(left, top, right - left, bottom - top)


def _rectangle(box: Box, shape: tuple[int, ...]) -> Matte:
    matte = np.zeros(shape, np.float32)
    matte[box.slices] = 1
    return matte


def visible_part(
    annotated: Detection,
    covered: Mask,
    *,
    parameters: VisibilityParameters = VisibilityParameters(),
) -> SceneObject | None:
    """Reduce an annotation of the scene photo to the part that no sticker covers.

    If nothing is covered, box and mask stay as annotated. An annotation without a mask counts
    as the ellipse inscribed in its box: the visible box spans the columns and rows of which
    enough of the ellipse is visible, and the mask is that box's rectangle.

    Parameters
    ----------
    annotated
        The annotation, scene pixels.
    covered
        (height, width), True where stickers lie.
    parameters
        How to shorten a box without a mask.

    Returns
    -------
    SceneObject or None
        None if the annotation is covered completely.

    Examples
    --------
    >>> covered = np.zeros((4, 8), np.bool_)
    >>> covered[:, :2] = True
    >>> mask = np.zeros((4, 8), np.bool_)
    >>> mask[1:3, 0:4] = True
    >>> rest = visible_part(Detection(Box(0, 1, 4, 2), "cat", 1.0, "sidecar", mask), covered)
    >>> rest.box, rest.visible
    (Box(x=2, y=1, width=2, height=2), 0.5)
    """
    outlined = annotated.mask is not None
    whole = (
        annotated.mask if annotated.mask is not None else _ellipse(annotated.box, *covered.shape)
    )
    visible = whole & ~covered
    pixels, left = int(np.count_nonzero(whole)), int(np.count_nonzero(visible))
    box: Box | None = annotated.box
    if left < pixels:
        min_share = parameters.min_share
        box = _bounds(visible) if outlined else _visible_bounds(whole, visible, min_share)
    if left == 0 or box is None:
        return None
    return SceneObject(
        annotated.label,
        visible.astype(np.float32) if outlined else _rectangle(box, covered.shape),
        annotated.box,
        source="scene",
        outline="mask" if outlined else "box",
        crowd=annotated.crowd,
        visible=left / pixels,
        box=box,
    )


def _coco_box(box: Box) -> CocoBox:
    return box.x, box.y, box.width, box.height


def _annotation(item: SceneObject) -> Annotation | None:
    """Annotate an object; return None if no part of it is visible."""
    mask = object_mask(item.matte, item.opacity)
    area = int(np.count_nonzero(mask))
    if area == 0:
        return None
    polygons = () if item.crowd else tuple(tuple(polygon) for polygon in outlines(mask))
    return Annotation(
        label=item.label,
        segmentation=PlainRunLengths.of(mask) if item.crowd else polygons,
        rle=RunLengths.of(mask),
        bbox=_coco_box(item.box or _bounds(mask)),
        full_bbox=_coco_box(item.full_box),
        area=area,
        iscrowd=1 if item.crowd else 0,
        source=item.source,
        outline=item.outline,
        visible=round(item.visible, 4),
        sticker=item.sticker,
        object_photo=item.object_photo,
        object_digest=item.object_digest,
        object_copyright=item.object_copyright,
        object_split=side_of(item.object_digest) if item.object_digest else None,
        score=item.score,
    )


def label_composite(composite: LabeledComposite) -> SceneLabels:
    """Build a composite's image entry and annotations; ids are assigned by `join_scenes`.

    Pixels that are at least half as opaque as the object is itself count as visible. Objects that
    are hidden completely are left out.

    Examples
    --------
    >>> matte = np.zeros((4, 6), np.float32)
    >>> matte[1:3, 2:6] = 1
    >>> cat = SceneObject("cat", matte, Box(2, 1, 9, 2))
    >>> labels = label_composite(LabeledComposite("a", "a.png", 6, 4, "a.jpg", "1f3a", (cat,)))
    >>> labels.annotations[0].bbox, labels.annotations[0].area
    ((2, 1, 4, 2), 8)
    """
    annotations = [_annotation(item) for item in composite.objects]
    photos = {composite.scene_digest, *(item.object_digest for item in composite.objects)} - {""}
    return SceneLabels(
        image=ImageEntry(
            key=composite.key,
            file_name=composite.file_name,
            width=composite.width,
            height=composite.height,
            split=split_of(photos),
            scene_split=side_of(composite.scene_digest),
            scene_photo=composite.scene_photo,
            scene_digest=composite.scene_digest,
            copyright=composite.copyright,
        ),
        annotations=tuple(each for each in annotations if each is not None),
    )
