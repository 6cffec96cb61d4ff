"""Labels of one composite, as they are stored in its JSON record.

Field names are those of COCO where COCO has the field. Boxes are x, y, width, height in pixels.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from nst_pipeline.vision.shapes import Mask

CocoBox = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
Polygon = tuple[float, ...]
"""x0, y0, x1, y1, ... in pixels."""


class _LabelModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunLengths(_LabelModel):
    """A mask as COCO's compressed run lengths."""

    counts: str
    size: tuple[int, int]
    """Height and width."""

    @classmethod
    def of(cls, mask: Mask) -> RunLengths:
        """Encode a mask, (height, width) bool.

        Examples
        --------
        >>> mask = np.array([[False, True], [False, True]])
        >>> RunLengths.of(mask)
        RunLengths(counts='22', size=(2, 2))
        >>> RunLengths.of(mask).mask().tolist()
        [[False, True], [False, True]]
        """
        from pycocotools.mask import encode

        encoded = encode(np.asfortranarray(mask, dtype=np.uint8))
        height, width = mask.shape
        return cls(size=(height, width), counts=encoded["counts"].decode("ascii"))

    def mask(self) -> Mask:
        """Decode the mask, (height, width) bool."""
        from pycocotools.mask import decode

        return np.asarray(decode({"size": list(self.size), "counts": self.counts}), np.bool_)


class PlainRunLengths(_LabelModel):
    """A mask as COCO's uncompressed run lengths.

    The counts go down the columns and are alternately those of pixels outside and inside.
    """

    counts: tuple[int, ...]
    size: tuple[int, int]
    """Height and width."""

    @classmethod
    def of(cls, mask: Mask) -> PlainRunLengths:
        """Encode a mask, (height, width) bool.

        Examples
        --------
        >>> PlainRunLengths.of(np.array([[True, False], [False, True]]))
        PlainRunLengths(counts=(0, 1, 2, 1), size=(2, 2))
        """
        pixels = mask.ravel(order="F")
        changes = np.flatnonzero(np.diff(pixels)) + 1
        counts = np.diff(np.concatenate([[0], changes, [pixels.size]])).tolist()
        height, width = mask.shape
        return cls(size=(height, width), counts=(0, *counts) if pixels[0] else tuple(counts))


class VisibleObject(_LabelModel):
    """The visible part of an object in a composite."""

    area: int
    """Visible pixels."""
    bbox: CocoBox
    """Bounding box of the visible part."""
    full_bbox: CocoBox
    """Bounding box of the whole object; may extend past the edges of the image."""
    iscrowd: Literal[0, 1]
    """1 if many objects were annotated as one."""
    object_copyright: str
    object_digest: str
    """SHA-256 of the object photo; empty for an annotation of the scene photo."""
    object_photo: str
    object_split: Literal["train", "val", "test"] | None
    """Side of the object photo; None for an annotation of the scene photo."""
    outline: Literal["matte", "mask", "box"]
    """Origin of the mask: a sticker's matte, or an annotation's mask or box."""
    rle: RunLengths
    score: float
    segmentation: tuple[Polygon, ...] | PlainRunLengths
    """Polygons; run lengths for a crowd."""
    source: Literal["sticker", "scene"]
    """A pasted sticker, or an annotation of the scene photo."""
    sticker: str
    visible: float
    """Share of the object inside the frame that no sticker covers, 0..1."""


class Annotation(VisibleObject):
    """A labeled object in a composite."""

    label: str


class ImageEntry(_LabelModel):
    """The composite itself."""

    copyright: str
    """EXIF copyright notice of the scene photo; empty if there is none."""
    file_name: str
    """Path of the image, relative to the dataset's folder."""
    height: int
    key: str
    """Partition key of the scene."""
    scene_digest: str
    """SHA-256 of the scene photo."""
    scene_photo: str
    scene_split: Literal["train", "val", "test"]
    """Side of the scene photo."""
    split: Literal["train", "val", "test", "mixed"]
    """Common side of all photos in the composite; `mixed` if they differ."""
    width: int


class SceneLabels(_LabelModel):
    """All labels of one composite."""

    annotations: tuple[Annotation, ...]
    image: ImageEntry
