"""The catalogue: one row for every artifact, in a Delta table (Parquet with atomic commits).

Rows are only ever appended; the latest row of an (asset, key) is the one that counts. Delta
gives atomic appends, several writers at once and compaction, on disk and on object stores.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from upath import UPath

Status = Literal["ok", "empty", "failed"]


@dataclass(frozen=True, order=True)
class Input:
    """One thing an artifact was made from."""

    asset: str
    key: str
    digest: str


@dataclass(frozen=True)
class Row:
    """An artifact's row: what it is, what it was made from, and how that went."""

    asset: str
    key: str
    status: Status
    fingerprint: str
    path: str = ""
    """First file, relative to the data root."""
    files: tuple[str, ...] = ()
    """What follows the key in each file's name."""
    size_bytes: int = 0
    digest: str = ""
    inputs: tuple[Input, ...] = ()
    settings: str = "{}"
    code_version: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    """Model or weights name to digest."""
    run_id: str = ""
    seconds: float = 0.0
    error: str = ""
    """Why it failed, or why it is empty."""
    figures: Mapping[str, float | str] = field(default_factory=dict)
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


_INPUT = pa.struct([("asset", pa.string()), ("key", pa.string()), ("digest", pa.string())])
SCHEMA = pa.schema(
    [
        ("asset", pa.string()),
        ("key", pa.string()),
        ("status", pa.string()),
        ("fingerprint", pa.string()),
        ("path", pa.string()),
        ("files", pa.list_(pa.string())),
        ("size_bytes", pa.int64()),
        ("digest", pa.string()),
        ("inputs", pa.list_(_INPUT)),
        ("settings", pa.string()),
        ("code_version", pa.string()),
        ("models", pa.string()),
        ("run_id", pa.string()),
        ("seconds", pa.float64()),
        ("error", pa.string()),
        ("figures", pa.string()),
        ("made_at", pa.timestamp("us", tz="UTC")),
    ]
)

_LINEAGE = ("path", "files", "digest", "inputs", "settings", "code_version", "models")
"""Columns that a report needs nothing of, and that take nearly all the room."""


def _record(row: Row) -> dict[str, Any]:
    return asdict(row) | {
        "files": list(row.files),
        "models": json.dumps(dict(row.models), sort_keys=True),
        "figures": json.dumps(dict(row.figures), sort_keys=True),
    }


def _row(record: Mapping[str, Any]) -> Row:
    return Row(
        **{
            **record,
            "files": tuple(record["files"]),
            "inputs": tuple(Input(**each) for each in record["inputs"]),
            "models": json.loads(record["models"]),
            "figures": json.loads(record["figures"]),
        }
    )


class Catalogue:
    """The table under `catalog/artifacts` of a data root."""

    def __init__(self, root: UPath) -> None:
        self._url = str(root / "catalog" / "artifacts")
        self._options = {k: str(v) for k, v in root.storage_options.items()} or None

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows in one atomic commit."""
        if rows:
            table = pa.Table.from_pylist([_record(row) for row in rows], schema=SCHEMA)
            write_deltalake(
                self._url,
                table,
                mode="append",
                partition_by=["asset"],
                storage_options=self._options,
            )

    @property
    def version(self) -> int:
        """Number of the last commit; -1 before the first."""
        return DeltaTable(self._url, storage_options=self._options).version() if self._is() else -1

    def latest(self, asset: str) -> dict[str, Row]:
        """The row that counts for every key of an asset."""
        return {r["key"]: _row(r) for r in self._current([asset]).to_pylist()}

    def rows(self) -> list[Row]:
        """The rows that count, of all assets."""
        return [_row(record) for record in self._current(None).to_pylist()]

    def frame(self, assets: Iterable[str] | None = None) -> pd.DataFrame:
        """The rows that count, as a DataFrame: one for every artifact."""
        frame: pd.DataFrame = self._current(None if assets is None else list(assets)).to_pandas()
        return frame.sort_values(["asset", "key"], ignore_index=True)

    def made_after(self, moment: datetime | None) -> pd.DataFrame:
        """What counts of all that was made after a moment, None: ever; without its lineage."""
        columns = [name for name in SCHEMA.names if name not in _LINEAGE]
        frame: pd.DataFrame = self._current(None, after=moment, columns=columns).to_pandas()
        return frame.sort_values("made_at", ignore_index=True)

    def _is(self) -> bool:
        return bool(DeltaTable.is_deltatable(self._url, storage_options=self._options))

    def _current(
        self,
        assets: list[str] | None,
        *,
        after: datetime | None = None,
        columns: Sequence[str] = SCHEMA.names,
    ) -> pa.Table:
        if not self._is():
            return SCHEMA.empty_table().select(columns)
        dataset = DeltaTable(self._url, storage_options=self._options).to_pyarrow_dataset()
        chosen = pc.scalar(True) if assets is None else pc.field("asset").isin(assets)
        if after is not None:
            chosen &= pc.field("made_at") > pa.scalar(after, pa.timestamp("us", tz="UTC"))
        table = dataset.to_table(filter=chosen, columns=list(columns))
        if not table.num_rows:
            return table
        ordered = table.sort_by("made_at")
        last = (
            ordered.select(["asset", "key"])
            .append_column("at", pa.array(range(ordered.num_rows)))
            .group_by(["asset", "key"])
            .aggregate([("at", "max")])
        )
        return ordered.take(last["at_max"])
