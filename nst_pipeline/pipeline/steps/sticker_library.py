"""The asset `sticker_library`: the table of all stickers, and its use for placements."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.publish.columns import Column, schema_of
from nst_pipeline.publish.contact_sheet import contact_sheet, sectioned_sheet
from nst_pipeline.publish.dataset import parquet_bytes
from nst_pipeline.publish.splits import SIDES, Side, side_of
from nst_pipeline.settings import PlacementSettings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.keys import ALL, photo_key, variant_number
from nst_pipeline.storage.records import StickerRecord, Stickers
from nst_pipeline.storage.store import Content, Store
from nst_pipeline.vision.detect.finders import FINDERS
from nst_pipeline.vision.place.choose import (
    Candidates,
    LibrarySticker,
    StickerCandidates,
    why_unusable,
)
from nst_pipeline.vision.place.cut_edges import EDGES
from nst_pipeline.vision.place.explicit import sticker_names
from nst_pipeline.vision.place.habitats import HABITATS
from nst_pipeline.vision.place.kinship import KINDS
from nst_pipeline.vision.place.layout import SURFACES
from nst_pipeline.vision.shapes import Picture, Rgb

_ON_SHEET = 96
"""Usable stickers on the contact sheet, the best ones; the table has all."""
_UNUSABLE_ON_SHEET = 24
"""Stickers on the contact sheet for each reason not to use them."""

COLUMNS = (
    Column("sticker", pa.string(), "Name: the object photo's key, a dot, and a number."),
    Column("object_key", pa.string(), "Partition key of the object photo."),
    Column("file", pa.string(), "File name in `artifacts/stickers/`."),
    Column(
        "label",
        pa.string(),
        "Your label, or else what it looks like: `person`, `cup`, or `object`.",
    ),
    Column(
        "source",
        pa.string(),
        f"What found it: {', '.join(f'`{name}`' for name in FINDERS)} (`sidecar` is you), or "
        "`alpha`, the photo's own transparency.",
    ),
    Column("score", pa.float64(), "Confidence of the finder, 0..1."),
    Column(
        "quality", pa.float64(), "Expected quality of the outline, 0..1 (`placement.min_quality`)."
    ),
    Column("width", pa.int64(), "Width, pixels."),
    Column("height", pa.int64(), "Height, pixels."),
    *(
        Column(f"touches_{edge}", pa.bool_(), f"Whether the photo's {edge} edge cuts it off.")
        for edge in ("bottom", "top", "left", "right")
    ),
    Column("height_m", pa.float64(), "Real height that you gave, meters; else empty."),
    Column(
        "footing",
        pa.float64(),
        "How well what is under its feet in its photo carries such a thing, 0..1; empty if nothing "
        "can be said.",
    ),
    Column("lab", pa.list_(pa.float64()), "Mean color: L, a, b."),
    Column(
        "surfaces",
        pa.list_(pa.float64()),
        f"Share of each surface around it in its photo: {', '.join(SURFACES)}; empty if unknown.",
    ),
    Column("kind", pa.string(), f"One of {', '.join(KINDS)}, as its photo shows it, or empty."),
    Column(
        "view",
        pa.float64(),
        "Angle, degrees, at which the camera looked down on its foot, 0 at the horizon; empty if "
        "unknown.",
    ),
    Column(
        "habitats",
        pa.list_(pa.float64()),
        f"How sure it is that its photo shows each habitat ({', '.join(HABITATS)}), 0..1; empty if "
        "unknown.",
    ),
    Column(
        "light",
        pa.list_(pa.float64()),
        "Light around it in its photo, nine numbers (docs/models.md); empty if unknown.",
    ),
    Column("photo", pa.string(), "Path of its photo in the inbox `objects`."),
    Column("photo_digest", pa.string(), "SHA-256 of the photo's file."),
    Column("digest", pa.string(), "Digest of all stickers of that photo together."),
)
"""The columns of the library's table."""
SCHEMA = schema_of(COLUMNS)


def _row(store: Store, object_key: str, digest: str, record: StickerRecord) -> dict[str, Any]:
    _, _, width, height = record.box
    described = record.model_dump()
    return {
        **{name: described[name] for name in SCHEMA.names if name in described},
        "object_key": object_key,
        "file": store.path(stickers.name, *sticker_file(record.sticker)).name,
        "width": width,
        "height": height,
        "digest": digest,
        **{f"touches_{edge}": edge in record.cut_by for edge in EDGES},
    }


def _rows_kept(store: Store) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the rows of the existing library by object key and digest of the photo's stickers."""
    table = read_table(store)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    if table is not None and table.schema.equals(SCHEMA):
        for row in table.to_pylist():
            rows.setdefault((row["object_key"], row["digest"]), []).append(row)
    return rows


def library_table(snapshot: Snapshot) -> pa.Table:
    """List the good stickers of all photos that are in the inbox and have not failed since.

    Only the records of stickers that the existing library lacks are read.
    """
    store, rows = snapshot.store, snapshot.states(stickers)
    failures = snapshot.failures(stickers)
    kept, table = _rows_kept(store), []
    keys = sorted(snapshot.keys(stickers))
    for key in tracked("stickers indexed", keys, len(keys)):
        if key in rows and rows[key].status == "ok" and key not in failures:
            digest = rows[key].digest
            table += kept.get((key, digest)) or [
                _row(store, key, digest, record)
                for record in store.record(Stickers, stickers.name, key, state=rows[key])
            ]
    return pa.Table.from_pylist(table, schema=SCHEMA)


def _labeled(store: Store, table: pa.Table) -> list[tuple[str, Picture]]:
    """Read stickers, with their names and qualities as labels."""
    return [
        (
            f"{row['label']} {row['quality']:.2f} {row['photo']}",
            store.picture(stickers.name, *sticker_file(row["sticker"])),
        )
        for row in table.to_pylist()
    ]


def _contact_sheet(store: Store, table: pa.Table, unusable: Mapping[str, str]) -> Rgb:
    """Arrange the best stickers on one picture, and below them those that no scene gets.

    Parameters
    ----------
    store, table
        The artifacts, and the library's table.
    unusable
        Why no scene gets a sticker, by its name, for those that none gets.
    """
    best = table.sort_by([("quality", "descending"), ("sticker", "ascending")])
    whys = pa.array([unusable.get(each, "") for each in best["sticker"].to_pylist()], pa.string())
    sections = {}
    for why in sorted({"", *unusable.values()}):
        stickers_of = best.filter(pc.equal(whys, why))
        shown = stickers_of.slice(0, _UNUSABLE_ON_SHEET if why else _ON_SHEET)
        heading = f"Not used: {why}" if why else "Used"
        count = f"{shown.num_rows} of {stickers_of.num_rows}"
        sections[f"{heading} ({count})"] = _labeled(store, shown)
    if not unusable:
        return contact_sheet(*sections.values())
    return sectioned_sheet(sections)


@define_asset(
    phase="library",
    inbox=None,
    group="objects",
    kinds={"parquet"},
    upstream=(stickers,),
    settings=("placement",),
    code_version="9",
    presentation=Presentation(counts_rows="stickers", columns=COLUMNS),
    read_by_people=True,
    consumed_in_part=True,
)
def sticker_library(item: Item) -> Made:
    """List all stickers in one Parquet table, with a contact sheet of the best ones.

    The sheet shows at a glance whether the cut-outs are good, and which of them no scene gets.
    `placements` chooses from the table.
    """
    table = library_table(item.snapshot)
    unusable = unusable_stickers(_stickers_of(table), item.settings.placement)
    made: dict[str, Content] = {
        files.LIBRARY_TABLE: parquet_bytes(table),
        files.CONTACT_SHEET: _contact_sheet(item.store, table, unusable),
    }
    empty = (
        "" if table.num_rows else "there is no sticker yet: put photos with objects into objects/"
    )
    return Made(made, {"stickers": table.num_rows, "not_used": len(unusable)}, empty)


@dataclass(frozen=True)
class ObjectPhoto:
    """The photo that stickers come from."""

    path: str
    """Relative to the inbox."""
    digest: str
    """Of the photo's bytes."""
    sticker_digest: str
    """Of all stickers that were cut out of it."""


_MIN_STICKERS_TO_SPLIT = 30
"""With fewer stickers, a side of the dataset would have one or none, so every scene may then use
every sticker."""


@dataclass(frozen=True)
class Library:
    """The stickers to choose from, and their photos by object key."""

    stickers: list[LibrarySticker]
    photos: dict[str, ObjectPhoto]

    @cached_property
    def by_name(self) -> dict[str, LibrarySticker]:
        """Stickers by their name."""
        return {each.sticker: each for each in self.stickers}

    @cached_property
    def names(self) -> dict[str, str]:
        """Stickers by all names that users may give them."""
        return sticker_names(self.stickers, {key: each.path for key, each in self.photos.items()})

    def quality_of(self, sticker: str) -> float:
        """Return a sticker's quality, 0..1."""
        return self.by_name[sticker].quality

    def offer(self, settings: PlacementSettings) -> Offer:
        """Return what chooses candidates, prepared once for each settings."""
        key = settings.model_dump_json()
        if key not in self._offers:
            self._offers[key] = Offer(self, settings)
        return self._offers[key]

    @cached_property
    def _offers(self) -> dict[str, Offer]:
        return {}


class Offer:
    """The stickers that scenes are offered: of their own side of the dataset, if there are any.

    A detector that trains on one side must see neither scenes nor objects of the others. A photo
    that is an object photo and a scene does not get its own objects a second time.
    """

    def __init__(self, library: Library, settings: PlacementSettings) -> None:
        self._library, self._settings = library, settings
        self._is_split = settings.same_split and len(library.stickers) >= _MIN_STICKERS_TO_SPLIT
        self._of_side = cache(self._prepare)

    @cached_property
    def _cut_from(self) -> dict[str, list[str]]:
        """The stickers of each photo, by the photo's digest."""
        found: dict[str, list[str]] = {}
        for each in self._library.stickers:
            found.setdefault(self._library.photos[each.object_key].digest, []).append(each.sticker)
        return found

    @cached_property
    def _by_side(self) -> dict[Side, list[LibrarySticker]]:
        by_side: dict[Side, list[LibrarySticker]] = {side: [] for side in SIDES}
        for each in self._library.stickers:
            by_side[side_of(self._library.photos[each.object_key].digest)].append(each)
        return by_side

    def _prepare(self, side: Side | None) -> StickerCandidates:
        """Prepare the choice among the stickers of a side, or among all."""
        own = self._library.stickers if side is None else self._by_side[side]
        return StickerCandidates(own, self._settings)

    def _side(self, digest: str) -> Side | None:
        """Return the side of a scene photo, by its digest; None if every sticker may be used."""
        if not self._is_split:
            return None
        side = side_of(digest)
        return side if self._of_side(side).usable else None

    def __call__(self, key: str, digest: str, refused: Collection[str]) -> Candidates:
        """Return the candidates of a scene's variant.

        Parameters
        ----------
        key, digest
            Key of the variant, and digest of its photo.
        refused
            The stickers that were turned down for it.
        """
        refused = {*refused, *self._cut_from.get(digest, ())}
        scene = photo_key(key), variant_number(key), refused
        found = self._of_side(self._side(digest))(*scene)
        return found if found.stickers else self._of_side(None)(*scene)

    def photos(self, scenes: Sequence[tuple[str, str]]) -> list[list[str]]:
        """Return the keys of the object photos whose stickers many scenes are offered, sorted.

        Parameters
        ----------
        scenes
            Key and photo digest of each; nothing was turned down for them.
        """
        groups: dict[tuple[Side | None, int], list[int]] = defaultdict(list)
        found: list[list[str]] = [[] for _ in scenes]
        for at, (key, digest) in enumerate(scenes):
            if digest in self._cut_from:
                found[at] = sorted({each.object_key for each in self(key, digest, ()).stickers})
            else:
                groups[self._side(digest), variant_number(key)].append(at)
        for (side, variant), members in groups.items():
            keys = [photo_key(scenes[at][0]) for at in members]
            photos = self._of_side(side).photos_of_all(keys, variant)
            for at, own in zip(members, photos, strict=True):
                found[at] = own
        return found


def unusable_stickers(
    library: Iterable[LibrarySticker], settings: PlacementSettings
) -> dict[str, str]:
    """Say of each sticker that no scene gets why, by its name."""
    whys = {each.sticker: why_unusable(each, settings) for each in library}
    return {sticker: why for sticker, why in whys.items() if why}


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column, lists as tuples."""
    values: list[Any] = column.to_pylist()
    if not pa.types.is_list(column.type):
        return values
    return [None if each is None else tuple(each) for each in values]


def _stickers_of(table: pa.Table) -> list[LibrarySticker]:
    # A library that an earlier version wrote lacks columns until it is made again.
    names = [each.name for each in fields(LibrarySticker) if each.name in table.column_names]
    values = zip(*(_values(table[name]) for name in names), strict=True)
    return [LibrarySticker(**dict(zip(names, each, strict=True))) for each in values]


def read_table(store: Store) -> pa.Table | None:
    """Read the library's table; None if it was never written."""
    path = store.path(sticker_library.name, ALL, files.LIBRARY_TABLE)
    return pq.read_table(io.BytesIO(path.read_bytes())) if path.exists() else None


def read_library(store: Store) -> Library | None:
    """Read the library; None if it was never written."""
    table = read_table(store)
    if table is None:
        return None
    origins = (
        table[name].to_pylist() for name in ("object_key", "photo", "photo_digest", "digest")
    )
    photos = {key: ObjectPhoto(*origin) for key, *origin in zip(*origins, strict=True)}
    return Library(_stickers_of(table), photos)
