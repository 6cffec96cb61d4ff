"""Rows of the catalog: their schema, and their conversion from and to Arrow tables."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

Status = Literal["ok", "empty", "failed"]


class Input(NamedTuple):
    """An artifact or a file that another artifact was made from."""

    asset: str
    key: str
    digest: str


class ArtifactState(NamedTuple):
    """The part of a row that planning reads, which it does for whole collections."""

    status: Status
    fingerprint: str
    digest: str
    files: tuple[str, ...]
    size_bytes: int
    error: str


@dataclass(frozen=True)
class Row:
    """One attempt to make an artifact: its inputs, its outcome, and its files."""

    asset: str
    key: str
    status: Status
    fingerprint: str
    path: str = ""
    """First file, relative to the data root."""
    files: tuple[str, ...] = ()
    """Names from `artifact_files`: the part of each file's name after the key."""
    size_bytes: int = 0
    digest: str = ""
    inputs: tuple[Input, ...] = ()
    settings: str = "{}"
    """The settings sections that determine the artifact, as canonical JSON."""
    code_version: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    """Digests of networks and files, by name."""
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
"""Columns of the table; `models` and `figures` hold JSON objects."""

COLUMNS: tuple[str, ...] = tuple(each.name for each in fields(Row))
LINEAGE_COLUMNS = ("path", "files", "digest", "inputs", "settings", "code_version", "models")
"""Columns that a report does not need and that take up nearly all the space."""
_NESTED = ("files", "inputs")
_FILE_SEPARATOR = "/"


def _columns_of(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in COLUMNS} | {
        # A message may quote what is no text, which Arrow refuses.
        "error": row.error.encode(errors="backslashreplace").decode(),
        "files": list(row.files),
        "inputs": [each._asdict() for each in row.inputs],
        "models": json.dumps(dict(row.models), sort_keys=True),
        "figures": json.dumps(dict(row.figures), sort_keys=True),
    }


def to_table(rows: Sequence[Row]) -> pa.Table:
    """Convert rows to an Arrow table of `SCHEMA`."""
    return pa.Table.from_pylist([_columns_of(row) for row in rows], schema=SCHEMA)


_DEFAULTS = {"settings": "{}", "models": "{}", "figures": "{}"}


def _default(name: str, count: int) -> pa.Array:
    kind = SCHEMA.field(name).type
    if pa.types.is_list(kind):
        return pa.array([[]] * count, kind)
    empty = _DEFAULTS.get(name, "") if pa.types.is_string(kind) else 0
    return pa.array([empty] * count, kind)


def completed(table: pa.Table) -> pa.Table:
    """Give a table of an earlier version the columns that it lacks, and the order of `SCHEMA`."""
    for name in SCHEMA.names:
        if name not in table.column_names:
            table = table.append_column(name, _default(name, table.num_rows))
    return table.select(SCHEMA.names).cast(SCHEMA)


def _file_lists(column: pa.ChunkedArray) -> list[tuple[str, ...]]:
    """Convert lists of file names to tuples, sharing equal ones: there are few different lists."""
    joined = pc.binary_join(column.combine_chunks(), _FILE_SEPARATOR).dictionary_encode()
    distinct = [
        tuple(each.split(_FILE_SEPARATOR)) if each else () for each in joined.dictionary.to_pylist()
    ]
    return [distinct[index] for index in joined.indices.to_pylist()]


def _input_lists(column: pa.ChunkedArray) -> list[tuple[Input, ...]]:
    lists = column.combine_chunks()
    each = lists.flatten()
    names = (each.field(name).to_pylist() for name in Input._fields)
    inputs = list(map(Input, *names))
    ends = list(itertools.accumulate(pc.list_value_length(lists).to_pylist(), initial=0))
    return [tuple(inputs[first:end]) for first, end in itertools.pairwise(ends)]


def to_rows(table: pa.Table) -> list[Row]:
    """Convert an Arrow table of `SCHEMA` to rows, ten times as fast as `Table.to_pylist`."""
    if not table.num_rows:
        return []
    distinct: dict[str, dict[str, str]] = {}
    columns = {name: table[name].to_pylist() for name in COLUMNS if name not in _NESTED}
    columns["files"] = _file_lists(table["files"])
    columns["inputs"] = _input_lists(table["inputs"])
    columns["figures"] = [json.loads(each) for each in columns["figures"]]
    for each in columns["models"]:
        distinct[each] = distinct.get(each) or json.loads(each)
    columns["models"] = [distinct[each] for each in columns["models"]]
    return [Row(*values) for values in zip(*(columns[name] for name in COLUMNS), strict=True)]


def to_states(table: pa.Table) -> dict[str, ArtifactState]:
    """Convert a table with `key` and the fields of `ArtifactState` to states by key."""
    if not table.num_rows:
        return {}
    plain = {name: table[name].to_pylist() for name in ArtifactState._fields if name != "files"}
    columns = (plain.get(name) or _file_lists(table[name]) for name in ArtifactState._fields)
    return dict(zip(table["key"].to_pylist(), map(ArtifactState, *columns), strict=True))


def current_rows(table: pa.Table) -> pa.Table:
    """Keep the newest row of each artifact; the table needs `asset`, `key` and `made_at`."""
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
