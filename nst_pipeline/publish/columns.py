"""Columns of the tables that the pipeline writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: pa.DataType
    meaning: str
    """One sentence, shown in the Dagster UI."""


def schema_of(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of a table with these columns."""
    return pa.schema([pa.field(column.name, column.type) for column in columns])
