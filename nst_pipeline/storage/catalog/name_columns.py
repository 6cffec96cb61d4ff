"""Keys and input names of the whole table as columns, for searches through the lineage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from numpy.typing import NDArray


@dataclass(frozen=True)
class NameColumns:
    """The names in one Parquet file of the table, which belongs to one asset."""

    asset: str
    keys: pa.Array
    made_at: NDArray[np.datetime64]
    offsets: NDArray[np.int32]
    """Row r has the inputs from offsets[r] to offsets[r + 1]."""
    input_assets: pa.Array
    input_keys: pa.Array


def read_name_columns(fragment: pads.ParquetFileFragment) -> NameColumns:
    """Read the names in one file of the table.

    Digests, three quarters of the table, are not read.
    """
    with fragment.filesystem.open_input_file(fragment.path) as opened:
        file = pq.ParquetFile(opened)
        paths = [file.schema.column(number).path for number in range(len(file.schema))]
        names = [p for p in paths if p.startswith("inputs.") and p.endswith((".asset", ".key"))]
        table = file.read(columns=["key", "made_at", *names])
    inputs = table["inputs"].combine_chunks()
    return NameColumns(
        pads.get_partition_keys(fragment.partition_expression)["asset"],
        table["key"].combine_chunks(),
        table["made_at"].to_numpy(),
        inputs.offsets.to_numpy(),
        inputs.values.field("asset"),
        inputs.values.field("key"),
    )
