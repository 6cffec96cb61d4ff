"""Rebuild a damaged catalog from its data files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.catalog.rows import SCHEMA, completed
from nst_pipeline.storage.files import LOCAL

_SAME = ["asset", "key", "fingerprint", "status", "run_id", "made_at"]
"""Columns that tell rows apart: compaction leaves copies in the files that it replaced."""


@dataclass(frozen=True)
class Repaired:
    """What could be read from a damaged catalog."""

    rows: int
    unreadable: tuple[str, ...]
    """Names of the data files that were lost."""
    kept: str
    """Where the damaged table is now; empty if there was none."""


def _data_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """List the data files, each with the asset whose rows it has."""
    for part in sorted(folder.glob("asset=*")):
        for file in sorted(part.glob("*.parquet")):
            yield part.name.removeprefix("asset="), file


def _read(asset: str, file: Path) -> pa.Table:
    rows = pq.ParquetFile(file).read()
    return completed(rows.append_column("asset", pa.array([asset] * rows.num_rows, pa.string())))


def _distinct(table: pa.Table) -> pa.Table:
    names = table.select(_SAME).to_pandas()
    return table.take(pa.array(names.drop_duplicates().index.to_numpy()))


def repair_catalog(root: UPath) -> Repaired:
    """Write a new catalog with all rows that can be read; the damaged one is moved aside.

    Artifacts whose rows were lost are made again by the next run. Superseded rows that
    `nst gc` had removed may be back; it removes them again.

    Parameters
    ----------
    root
        The data root, a local folder.

    Raises
    ------
    NstError
        The catalog is not on a local disk.
    """
    if root.protocol not in LOCAL:
        raise NstError(f"{root}: only a catalog on a local disk can be repaired: copy it to one")
    folder = Path(root.path) / "catalog" / "artifacts"
    tables, lost = [], []
    for asset, file in _data_files(folder):
        try:
            tables.append(_read(asset, file))
        except (pa.ArrowException, OSError):
            lost.append(file.name)
    kept = ""
    if folder.exists():
        aside = folder.with_name(f"artifacts.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        folder.rename(aside)
        kept = str(aside)
    found = _distinct(pa.concat_tables(tables)) if tables else SCHEMA.empty_table()
    if found.num_rows:
        write_deltalake(str(folder), found, partition_by=["asset"])
    return Repaired(found.num_rows, tuple(lost), kept)
