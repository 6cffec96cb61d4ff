"""The pictures of an export: composites with their labels, and scenes without objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol, cast

import pandas as pd
from upath import UPath

from nst_pipeline.publish.export.content import Content, Rendered, stamp
from nst_pipeline.publish.splits import Side, place_in

LocateImage = Callable[[str], UPath]
"""Return the artifact that a dataset's `file_name` refers to."""
NEGATIVE = "-scene"
"""End of the name of a picture that shows a scene without objects."""


@dataclass(frozen=True)
class ExportObject:
    """A labeled object. Lengths are in pixels."""

    label: str
    category: int
    """Number of the label, from 0."""
    bbox: tuple[int, int, int, int]
    """x, y, width, height of the visible part."""
    area: int
    iscrowd: int
    polygons: tuple[tuple[float, ...], ...]
    """x0, y0, x1, y1, ...; empty for a crowd."""
    rle_counts: str
    """The exact mask, as COCO's compressed run lengths."""
    is_cut: bool
    """Whether a part of it is hidden, or outside the picture."""


@dataclass(frozen=True)
class ExportPicture:
    """A picture of an export.

    Attributes
    ----------
    name
        Without suffix and folder.
    part
        The part of the export that it belongs to.
    width, height
        Pixels.
    objects
        Its labels; none for a negative picture.
    scene_photo
        Path of the scene photo in its inbox.
    naturalness
        0..1; None if it is unknown, or the picture is a photo.
    read
        Returns its PNG file.
    source
        Text that changes whenever the file does.
    artifact
        The file itself, if there is one.
    image_id
        Of the dataset; None for a negative picture.
    """

    name: str
    part: Side
    width: int
    height: int
    objects: tuple[ExportObject, ...]
    scene_photo: str
    naturalness: float | None
    read: Callable[[], bytes]
    source: Callable[[], str]
    artifact: UPath | None = None
    image_id: int | None = None

    @property
    def png(self) -> Content:
        """The PNG file, linked to the artifact if there is one."""
        if self.artifact is not None:
            return self.artifact
        return Rendered(self.source, lambda path: path.write_bytes(self.read()))


@dataclass(frozen=True)
class Negative:
    """A scene photo that shows none of the labeled things."""

    key: str
    digest: str
    path: str
    size: Callable[[], tuple[int, int]]
    """Returns its width and height, pixels."""
    read: Callable[[], bytes]
    """Returns it upright, in sRGB, as PNG."""
    stayed_empty: bool
    """Whether there is no composite of it."""


class _TableRow(Protocol):
    """The columns read here, of one row of the dataset's table."""

    image_id: int
    file_name: str
    scene_photo: str
    width: int
    height: int
    label: str
    category_id: int
    bbox: Sequence[int]
    full_bbox: Sequence[int]
    area: int
    iscrowd: int
    polygons: Sequence[Sequence[float]]
    rle_counts: str
    visible: float
    naturalness: float | None


def _table_rows(rows: pd.DataFrame) -> list[_TableRow]:
    return cast(list[_TableRow], list(rows.itertuples()))


def _box(numbers: Sequence[int]) -> tuple[int, int, int, int]:
    x, y, width, height = (int(each) for each in numbers)
    return x, y, width, height


def _object(row: _TableRow) -> ExportObject:
    x, y, width, height = _box(row.full_bbox)
    outside = x < 0 or y < 0 or x + width > row.width or y + height > row.height
    return ExportObject(
        label=row.label,
        category=int(row.category_id) - 1,
        bbox=_box(row.bbox),
        area=int(row.area),
        iscrowd=int(row.iscrowd),
        polygons=tuple(tuple(map(float, each)) for each in row.polygons),
        rle_counts=row.rle_counts,
        is_cut=bool(outside or row.visible < 1),
    )


def composites_of(
    rows: pd.DataFrame, parts: Mapping[str, Side], locate: LocateImage
) -> Iterator[ExportPicture]:
    """List the composites that are in a part.

    Parameters
    ----------
    rows
        The dataset's table (`publish.dataset.COLUMNS`).
    parts
        Part by scene key; the others are left out.
    locate
        Returns the artifact that a `file_name` refers to.
    """
    for key, own in rows[rows.scene.isin(list(parts))].groupby("scene", sort=True):
        labeled = _table_rows(own)
        first = labeled[0]
        artifact = locate(first.file_name)
        known = first.naturalness
        yield ExportPicture(
            name=PurePosixPath(first.file_name).stem,
            part=parts[str(key)],
            width=int(first.width),
            height=int(first.height),
            objects=tuple(map(_object, labeled)),
            scene_photo=first.scene_photo,
            naturalness=None if known is None or pd.isna(known) else float(known),
            read=artifact.read_bytes,
            source=partial(stamp, artifact),
            artifact=artifact,
            image_id=int(first.image_id),
        )


def _negative(scene: Negative, part: Side) -> ExportPicture:
    width, height = scene.size()
    return ExportPicture(
        name=scene.key + NEGATIVE,
        part=part,
        width=width,
        height=height,
        objects=(),
        scene_photo=scene.path,
        naturalness=None,
        read=scene.read,
        source=lambda: scene.digest,
    )


def negatives_of(
    scenes: Iterable[Negative],
    composites: Sequence[ExportPicture],
    side_of_photo: Mapping[str, Side],
    shares: Mapping[Side, float],
    share: float,
) -> list[ExportPicture]:
    """Choose scenes without objects, up to a share of each part.

    Parameters
    ----------
    scenes
        Those to choose from. First come those that stayed empty, then the others, in an order that
        depends on their digests only.
    composites
        The pictures with objects.
    side_of_photo
        Part by digest of the photos in them: a photo's negative is in its composites' part.
    shares
        Shares of the parts, by which other photos are divided.
    share
        Of the pictures of a part that are negative, 0 to below 1.
    """
    ordered = sorted(scenes, key=lambda each: (not each.stayed_empty, each.digest))
    chosen: list[ExportPicture] = []
    for part in shares:
        count = sum(each.part == part for each in composites)
        wanted = round(share / (1 - share) * count)
        own = (
            each
            for each in ordered
            if (side_of_photo.get(each.digest) or place_in(each.digest, shares)) == part
        )
        chosen += [_negative(each, part) for each, _ in zip(own, range(wanted), strict=False)]
    return chosen
