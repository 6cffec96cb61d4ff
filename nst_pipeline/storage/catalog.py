"""The catalog: one row for every artifact, in a Delta table (Parquet with atomic commits).

Rows are only ever appended; the latest row of an (asset, key) is the one that counts. Delta
gives atomic appends, several writers at once and compaction, on disk and on object stores.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from numpy.typing import NDArray
from upath import UPath

Status = Literal["ok", "empty", "failed"]


class Input(NamedTuple):
    """One thing an artifact was made from."""

    asset: str
    key: str
    digest: str


class Standing(NamedTuple):
    """What planning needs of an artifact's row, of which it reads those of a whole collection."""

    status: Status
    fingerprint: str
    digest: str
    files: tuple[str, ...]
    size_bytes: int
    error: str


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


_COLUMNS = tuple(each.name for each in fields(Row))
_NESTED = ("files", "inputs")
_FILE_SEPARATOR = "/"


def _record(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS} | {
        "files": list(row.files),
        "inputs": [each._asdict() for each in row.inputs],
        "models": json.dumps(dict(row.models), sort_keys=True),
        "figures": json.dumps(dict(row.figures), sort_keys=True),
    }


def _file_lists(column: pa.ChunkedArray) -> list[tuple[str, ...]]:
    """Lists of file names as tuples; equal ones are one object, for there are few kinds."""
    joined = pc.binary_join(column.combine_chunks(), _FILE_SEPARATOR).dictionary_encode()
    kinds = [
        tuple(each.split(_FILE_SEPARATOR)) if each else () for each in joined.dictionary.to_pylist()
    ]
    return [kinds[index] for index in joined.indices.to_pylist()]


def _input_lists(column: pa.ChunkedArray) -> list[tuple[Input, ...]]:
    lists = column.combine_chunks()
    each = lists.flatten()
    names = (each.field(name).to_pylist() for name in Input._fields)
    inputs = list(map(Input, *names))
    ends = list(itertools.accumulate(pc.list_value_length(lists).to_pylist(), initial=0))
    return [tuple(inputs[first:end]) for first, end in itertools.pairwise(ends)]


def _rows(table: pa.Table) -> list[Row]:
    """A table as rows; ten times as fast as Arrow's own way to nested values."""
    if not table.num_rows:
        return []
    kinds: dict[str, dict[str, str]] = {}
    columns = {name: table[name].to_pylist() for name in _COLUMNS if name not in _NESTED}
    columns["files"] = _file_lists(table["files"])
    columns["inputs"] = _input_lists(table["inputs"])
    columns["figures"] = [json.loads(each) for each in columns["figures"]]
    for each in columns["models"]:
        kinds[each] = kinds.get(each) or json.loads(each)
    columns["models"] = [kinds[each] for each in columns["models"]]
    return [Row(*values) for values in zip(*(columns[name] for name in _COLUMNS), strict=True)]


def _standing(table: pa.Table) -> dict[str, Standing]:
    if not table.num_rows:
        return {}
    plain = {name: table[name].to_pylist() for name in Standing._fields if name != "files"}
    columns = (plain.get(name) or _file_lists(table[name]) for name in Standing._fields)
    return dict(zip(table["key"].to_pylist(), map(Standing, *columns), strict=True))


def _is_among(column: str, values: Collection[str]) -> pc.Expression:
    return pc.field(column).isin(pa.array(list(values), pa.string()))


def _newest(table: pa.Table) -> pa.Table:
    """Of the rows of each artifact the one that was made last."""
    ranks = pc.rank(table["made_at"], tiebreaker="first")
    last = (
        table.select(["asset", "key"])
        .append_column("rank", ranks)
        .group_by(["asset", "key"])
        .aggregate([("rank", "max")])
    )
    if last.num_rows == table.num_rows:
        return table
    return table.filter(pc.is_in(ranks, last["rank_max"]))


@dataclass(frozen=True)
class NamePart:
    """Names in one of the table's files, as columns."""

    asset: str
    keys: pa.Array
    made_at: NDArray[np.datetime64]
    offsets: NDArray[np.int32]
    """Row r has the inputs from offsets[r] to offsets[r + 1]."""
    input_assets: pa.Array
    input_keys: pa.Array


def _name_part(fragment: Any) -> NamePart:
    file = pq.ParquetFile(fragment.filesystem.open_input_file(fragment.path))
    paths = [file.schema.column(number).path for number in range(len(file.schema))]
    # Digests, three quarters of the table, are left unread.
    names = [p for p in paths if p.startswith("inputs.") and p.endswith((".asset", ".key"))]
    table = file.read(columns=["key", "made_at", *names])
    inputs = table["inputs"].combine_chunks()
    return NamePart(
        pads.get_partition_keys(fragment.partition_expression)["asset"],
        table["key"].combine_chunks(),
        table["made_at"].to_numpy(),
        inputs.offsets.to_numpy(),
        inputs.values.field("asset"),
        inputs.values.field("key"),
    )


def _uses(models: str, wanted: Sequence[str]) -> bool:
    """Whether networks (JSON of name to digest) are among those named, or named by digest."""
    return any(
        name == each or (len(each) >= _DIGITS_LEAST and digest.startswith(each))
        for name, digest in json.loads(models).items()
        for each in wanted
    )


_DIGITS_LEAST = 8
"""Hex digits that tell weights apart."""
_PARTS_MOST = 64
"""Files of one asset: each costs a reader about a millisecond, joining them about a second."""
_PART_BYTES = 32 * 1024 * 1024
_SORTED = WriterProperties(compression="ZSTD", max_row_group_size=8192)
"""Sorted by key in small groups, a reader who wants few keys passes over the other groups."""
_LOG = logging.getLogger(__name__)


class Catalog:
    """The table under `catalog/artifacts` of a data root."""

    def __init__(self, root: UPath) -> None:
        self._url = str(root / "catalog" / "artifacts")
        self._options = {k: str(v) for k, v in root.storage_options.items()} or None
        self._table: DeltaTable | None = None

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

    def join_parts(self, asset: str) -> None:
        """Join an asset's many small files, if there are; other writers are not in the way."""
        delta = self._delta()
        own = [("asset", "=", asset)]
        if delta is None or len(delta.file_uris(own)) <= _PARTS_MOST:
            return
        try:
            delta.optimize.compact(partition_filters=own, target_size=_PART_BYTES)
        except CommitFailedError as error:
            _LOG.info("the catalog's files of %s are joined by another run: %s", asset, error)

    def maintain(self, keep: timedelta) -> dict[str, int]:
        """Sort the table by key, and remove files that it has not used for as long as `keep`.

        Readers and writers may go on meanwhile; time travel reaches back as far as `keep`.

        Returns:
            How many files it consisted of before and after, and how many were removed.
        """
        delta = self._delta()
        if delta is None:
            return {"files before": 0, "files after": 0, "files removed": 0}
        before = len(delta.file_uris())
        delta.optimize.z_order(["key"], writer_properties=_SORTED)
        hours = int(keep.total_seconds() // 3600)
        removed = delta.vacuum(hours, dry_run=False, enforce_retention_duration=False)
        delta.create_checkpoint()
        delta.cleanup_metadata()
        after = len(delta.file_uris())
        return {"files before": before, "files after": after, "files removed": len(removed)}

    def names(self) -> list[NamePart]:
        """The names of all artifacts and of their inputs, file by file, those of the past too."""
        delta = self._delta()
        if delta is None:
            return []
        with ThreadPoolExecutor() as pool:
            return list(pool.map(_name_part, delta.to_pyarrow_dataset().get_fragments()))

    def made_with(self, networks: Iterable[str]) -> list[tuple[str, str]]:
        """Asset and key of what was made with networks, named, or by their weights' digest."""
        wanted = tuple(networks)
        table = self.history(("asset", "key", "models", "made_at"))
        with_models = table.filter(pc.not_equal(table["models"], "{}"))
        kinds = [each for each in with_models["models"].unique().to_pylist() if _uses(each, wanted)]
        assets = with_models.filter(pc.is_in(with_models["models"], pa.array(kinds, pa.string())))
        newest = _newest(table.filter(pc.is_in(table["asset"], assets["asset"].unique())))
        made = newest.filter(pc.is_in(newest["models"], pa.array(kinds, pa.string())))
        return list(zip(made["asset"].to_pylist(), made["key"].to_pylist(), strict=True))

    def made_by(self, runs: Collection[str]) -> pa.Table:
        """Asset, key, status and seconds of what runs made."""
        columns = ["asset", "key", "status", "seconds"]
        delta = self._delta()
        if delta is None:
            return SCHEMA.empty_table().select(columns)
        chosen = _is_among("run_id", runs)
        return delta.to_pyarrow_dataset().to_table(columns=columns, filter=chosen)

    def remove(self, rows: pa.Table) -> int:
        """Delete rows, those with the asset, key and time of `rows`; returns how many."""
        delta = self._delta()
        if delta is None or not rows.num_rows:
            return 0
        same = "t.asset = s.asset AND t.key = s.key AND t.made_at = s.made_at"
        source = rows.select(["asset", "key", "made_at"])
        merge = delta.merge(source, same, source_alias="s", target_alias="t")
        return int(merge.when_matched_delete().execute()["num_target_rows_deleted"])

    @property
    def version(self) -> int:
        """Number of the last commit; -1 before the first."""
        delta = self._delta()
        return -1 if delta is None else int(delta.version())

    def latest(self, asset: str, keys: Collection[str] | None = None) -> dict[str, Row]:
        """The row that counts for every key of an asset, or for those of `keys`."""
        return {row.key: row for row in _rows(self._current([asset], keys))}

    def standing(self, asset: str, keys: Collection[str] | None = None) -> dict[str, Standing]:
        """As `latest`, but only what planning needs: ten times as fast, a fifth of the memory."""
        names = ("key", *Standing._fields)
        return _standing(self._current([asset], keys, names))

    def rows(self) -> list[Row]:
        """The rows that count, of all assets."""
        return _rows(self._current(None))

    def frame(self, assets: Iterable[str] | None = None) -> pd.DataFrame:
        """The rows that count, as a DataFrame: one for every artifact."""
        frame: pd.DataFrame = self._current(None if assets is None else list(assets)).to_pandas()
        return frame.sort_values(["asset", "key"], ignore_index=True)

    def made_after(self, moment: datetime | None) -> pd.DataFrame:
        """What counts of all that was made after a moment, None: ever; without its lineage."""
        columns = [name for name in SCHEMA.names if name not in _LINEAGE]
        delta = self._delta()
        if delta is None:
            return pd.DataFrame(columns=columns)
        newer = pa.scalar(moment, pa.timestamp("us", tz="UTC"))
        chosen = None if moment is None else pc.field("made_at") > newer
        table = delta.to_pyarrow_dataset().to_table(columns=columns, filter=chosen)
        frame: pd.DataFrame = _newest(table).to_pandas()
        return frame.sort_values("made_at", ignore_index=True)

    def table(self, columns: Sequence[str] = _COLUMNS) -> pa.Table:
        """The rows that count, of all assets, as an Arrow table of some columns."""
        return self._current(None, None, columns)

    def history(self, columns: Sequence[str] = _COLUMNS) -> pa.Table:
        """All rows, those that no longer count among them, as an Arrow table."""
        delta = self._delta()
        if delta is None:
            return SCHEMA.empty_table().select(columns)
        return delta.to_pyarrow_dataset().to_table(columns=list(columns))

    def _delta(self) -> DeltaTable | None:
        """The table as it is now; None before the first row."""
        if self._table is not None:
            self._table.update_incremental()
        elif DeltaTable.is_deltatable(self._url, storage_options=self._options):
            self._table = DeltaTable(self._url, storage_options=self._options)
        return self._table

    def _current(
        self,
        assets: Sequence[str] | None,
        keys: Collection[str] | None = None,
        columns: Sequence[str] = _COLUMNS,
    ) -> pa.Table:
        delta = self._delta()
        if delta is None:
            return SCHEMA.empty_table().select(columns)
        chosen = None if assets is None else _is_among("asset", assets)
        if keys is not None:
            chosen = _is_among("key", keys) & chosen
        needed = dict.fromkeys([*columns, "asset", "key", "made_at"])
        table = delta.to_pyarrow_dataset().to_table(columns=list(needed), filter=chosen)
        return _newest(table).select(columns)
