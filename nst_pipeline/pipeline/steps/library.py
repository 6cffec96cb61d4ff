"""The sticker library: one table over all stickers, and how placements read it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nst_pipeline.pipeline.engine.graph import STICKERS
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.steps.records import sticker_file
from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.publish.splits import SIDES, Side, side_of
from nst_pipeline.settings import PlacementSettings
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.store import Store
from nst_pipeline.vision.place.choose import LibrarySticker, candidates_from
from nst_pipeline.vision.place.cut_edges import EDGES
from nst_pipeline.vision.place.explicit import sticker_names
from nst_pipeline.vision.shapes import Rgb

if TYPE_CHECKING:
    from nst_pipeline.pipeline.engine.snapshot import View

LIBRARY_FILE = "library.parquet"
SHEET_FILE = "contact_sheet.png"

_SHEET_STICKERS = 96
"""The contact sheet shows the best; the table has all."""
LIBRARY_SCHEMA = pa.schema(
    [
        ("sticker", pa.string()),
        ("object_key", pa.string()),
        ("file", pa.string()),
        ("label", pa.string()),
        ("source", pa.string()),
        ("score", pa.float64()),
        ("quality", pa.float64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("touches_bottom", pa.bool_()),
        ("touches_top", pa.bool_()),
        ("touches_left", pa.bool_()),
        ("touches_right", pa.bool_()),
        ("lab", pa.list_(pa.float64())),
        ("photo", pa.string()),
        ("photo_digest", pa.string()),
        ("digest", pa.string()),
    ]
)


def _row(store: Store, object_key: str, digest: str, record: dict[str, Any]) -> dict[str, Any]:
    _, _, width, height = record["box"]
    return {
        **{name: record[name] for name in LIBRARY_SCHEMA.names if name in record},
        "object_key": object_key,
        "file": store.path("stickers", *sticker_file(record["sticker"])).name,
        "width": width,
        "height": height,
        "digest": digest,
        **{f"touches_{edge}": edge in record["cut_by"] for edge in EDGES},
    }


def _kept(store: Store) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The rows of the library as it stands, by object key and digest of its stickers."""
    table = read_table(store)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    if table is not None and table.schema.equals(LIBRARY_SCHEMA):
        for row in table.to_pylist():
            rows.setdefault((row["object_key"], row["digest"]), []).append(row)
    return rows


def library_rows(view: View) -> pa.Table:
    """All stickers that stand, of object photos still in the inbox that did not fail since.

    Only those that the library does not hold yet are read.
    """
    store, rows = view.workspace.store, view.standing(STICKERS.name)
    failures = view.failures(STICKERS.name)
    kept, table = _kept(store), []
    keys = sorted(view.keys(STICKERS))
    for key in tracked("stickers indexed", keys, len(keys)):
        if key in rows and rows[key].status == "ok" and key not in failures:
            digest = rows[key].digest
            table += kept.get((key, digest)) or [
                _row(store, key, digest, record) for record in store.record(STICKERS.name, key)
            ]
    return pa.Table.from_pylist(table, schema=LIBRARY_SCHEMA)


def library_sheet(store: Store, table: pa.Table) -> Rgb:
    """The best stickers on one picture, with their names and qualities."""
    best = table.sort_by([("quality", "descending"), ("sticker", "ascending")])
    shown = []
    for row in best.slice(0, _SHEET_STICKERS).to_pylist():
        picture = store.picture(STICKERS.name, *sticker_file(row["sticker"]))
        shown.append((f"{row['label']} {row['quality']:.2f} {row['photo']}", picture))
    return contact_sheet(shown)


@dataclass(frozen=True)
class ObjectPhoto:
    """Where stickers are from."""

    path: str
    """Relative to the inbox."""
    digest: str
    """Of the photo's bytes."""
    sticker_digest: str
    """Of all that was cut out of it."""


_DIVIDED_FROM = 30
"""Of fewer stickers a side would have one or none; every scene may then take each of them."""
Offer = Callable[[str, str], list[LibrarySticker]]
"""From a scene's key and its photo's digest to the few stickers that it may show, best first."""


@dataclass(frozen=True)
class Library:
    """What placing needs of the stickers, and their photos by object key."""

    stickers: list[LibrarySticker]
    photos: dict[str, ObjectPhoto]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Sticker to what it shows."""
        return {each.sticker: each.label for each in self.stickers}

    @cached_property
    def names(self) -> dict[str, str]:
        """Every name that a user may call a sticker by, to the sticker."""
        return sticker_names(self.stickers, {key: each.path for key, each in self.photos.items()})

    def candidates(self, settings: PlacementSettings) -> Offer:
        """The choice of stickers for scenes, prepared once."""
        key = settings.model_dump_json()
        if key not in self._offers:
            self._offers[key] = self._offer(settings)
        return self._offers[key]

    @cached_property
    def _offers(self) -> dict[str, Offer]:
        return {}

    def _offer(self, settings: PlacementSettings) -> Offer:
        """Stickers of the scene's own side of the dataset, if there are any.

        A detector that learns from the one side must see nothing of the others, neither scenes
        nor objects.
        """
        every = cache(lambda: candidates_from(self.stickers, settings))
        if not settings.same_split or len(self.stickers) < _DIVIDED_FROM:
            return lambda key, _: every()(key)
        by_side: dict[Side, list[LibrarySticker]] = {side: [] for side in SIDES}
        for each in self.stickers:
            by_side[side_of(self.photos[each.object_key].digest)].append(each)
        own = cache(lambda side: candidates_from(by_side[side], settings))
        return lambda key, digest: own(side_of(digest))(key) or every()(key)


def _colors(table: pa.Table) -> list[tuple[float, float, float] | None]:
    parts = (pc.list_element(table["lab"], axis).to_pylist() for axis in range(3))
    return [None if lab[0] is None else lab for lab in zip(*parts, strict=True)]


def _stickers(table: pa.Table) -> list[LibrarySticker]:
    # A library of an earlier version, read before it is made anew, lacks columns.
    names = [each.name for each in fields(LibrarySticker) if each.name in table.column_names]
    columns = [_colors(table) if name == "lab" else table[name].to_pylist() for name in names]
    values = zip(*columns, strict=True)
    return [LibrarySticker(**dict(zip(names, each, strict=True))) for each in values]


def read_table(store: Store) -> pa.Table | None:
    """The library's table as it was last written; None before that."""
    path = store.path("sticker_library", ALL, LIBRARY_FILE)
    return pq.read_table(io.BytesIO(path.read_bytes())) if path.exists() else None


def read_library(store: Store) -> Library | None:
    """The library as it was last written; None before that."""
    table = read_table(store)
    if table is None:
        return None
    origins = (
        table[name].to_pylist() for name in ("object_key", "photo", "photo_digest", "digest")
    )
    photos = {key: ObjectPhoto(*origin) for key, *origin in zip(*origins, strict=True)}
    return Library(_stickers(table), photos)
