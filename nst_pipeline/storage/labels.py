"""Labels of one composite, as they are stored in its JSON record.

Field names are those of COCO where COCO has the field. Boxes are x, y, width, height in pixels.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

BoxEntry = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
Polygon = tuple[float, ...]
"""x0, y0, x1, y1, ... in pixels."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompressedMask(_Entry):
    """A mask as COCO's compressed run lengths."""

    counts: str
    size: tuple[int, int]
    """Height and width."""


class UncompressedMask(_Entry):
    """A mask as COCO's plain run lengths: down the columns, alternately outside and inside."""

    counts: tuple[int, ...]
    size: tuple[int, int]
    """Height and width."""


class VisibleObject(_Entry):
    """The visible part of an object in a composite."""

    area: int
    """Visible pixels."""
    bbox: BoxEntry
    """Bounding box of the visible part."""
    full_bbox: BoxEntry
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
    rle: CompressedMask
    score: float
    segmentation: tuple[Polygon, ...] | UncompressedMask
    """Polygons; run lengths for a crowd."""
    source: Literal["sticker", "scene"]
    """A pasted sticker, or an annotation of the scene photo."""
    sticker: str
    visible: float
    """Share of the object inside the frame that no sticker covers, 0..1."""


class Annotation(VisibleObject):
    """A labeled object in a composite."""

    label: str


class ImageEntry(_Entry):
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


class SceneLabels(_Entry):
    """All labels of one composite."""

    annotations: tuple[Annotation, ...]
    image: ImageEntry
