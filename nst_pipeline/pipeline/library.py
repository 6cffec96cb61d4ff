"""The sticker library: one table over all stickers, and how placements read it."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from nst_pipeline.pipeline.graph import STICKERS
from nst_pipeline.pipeline.records import sticker_file
from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.storage.store import ALL, Store
from nst_pipeline.vision.choose import LibrarySticker
from nst_pipeline.vision.cut_edges import EDGES
from nst_pipeline.vision.shapes import Rgb

if TYPE_CHECKING:
    from nst_pipeline.pipeline.view import View

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


def library_rows(view: View) -> pa.Table:
    """All stickers that stand, of object photos still in the inbox, ordered by name."""
    store, rows = view.workspace.store, view.rows(STICKERS.name)
    table = [
        _row(store, key, rows[key].digest, record)
        for key in sorted(view.keys(STICKERS))
        if key in rows and rows[key].status == "ok"
        for record in store.record(STICKERS.name, key)
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


@dataclass(frozen=True)
class Library:
    """What placing needs of the stickers, and their photos by object key."""

    stickers: list[LibrarySticker]
    photos: dict[str, ObjectPhoto]


def _sticker(row: dict[str, Any]) -> LibrarySticker:
    # A library of an earlier version, read before it is made anew, lacks columns.
    names = [field.name for field in fields(LibrarySticker) if field.name in row]
    lab = row.get("lab")
    return LibrarySticker(
        **{name: row[name] for name in names} | {"lab": None if lab is None else tuple(lab)}
    )


def read_library(store: Store) -> Library | None:
    """The library as it was last written; None before that."""
    path = store.path("sticker_library", ALL, LIBRARY_FILE)
    if not path.exists():
        return None
    rows = pq.read_table(io.BytesIO(path.read_bytes())).to_pylist()
    return Library(
        [_sticker(row) for row in rows],
        {
            row["object_key"]: ObjectPhoto(row["photo"], row["photo_digest"], row["digest"])
            for row in rows
        },
    )
