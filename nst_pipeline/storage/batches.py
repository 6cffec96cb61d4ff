"""Batches of photos: which batch each photo of an inbox belongs to, stored in one Parquet file.

Photos join batches in the order in which scans find them, and stay where they are. A hash of the
key would need no file, but would spread what is added together over nearly all batches, and each
of them would need a run. Ranges of keys would have to be split as photos come in between.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from nst_pipeline.storage.files import write_atomically

_LOG = logging.getLogger(__name__)
_SCHEMA = pa.schema([("key", pa.string()), ("batch", pa.int32())])


def assign_batches(known: Mapping[str, int], photos: Collection[str], size: int) -> dict[str, int]:
    """Give each photo a batch: the one it has, or else the last one, or a new one if that is full.

    Parameters
    ----------
    known
        Batch numbers, from 1, by photo.
    photos
        Keys of all photos that there are now.
    size
        Number of photos in a new batch.

    Examples
    --------
    >>> assign_batches({"b": 1, "gone": 1, "c": 2}, ["a", "b", "c", "d"], 2)
    {'b': 1, 'c': 2, 'a': 2, 'd': 3}
    """
    numbers = {key: known[key] for key in photos if key in known}
    last = max(numbers.values(), default=1)
    held = sum(number == last for number in numbers.values())
    for key in photos:
        if key not in known:
            last, held = (last, held + 1) if held < size else (last + 1, 1)
            numbers[key] = last
    return numbers


def save_batches(path: UPath, numbers: Mapping[str, int]) -> None:
    """Write batch numbers to a Parquet file, atomically."""
    table = pa.table([list(numbers), list(numbers.values())], schema=_SCHEMA)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_atomically(path, buffer.getvalue())


def load_batches(path: UPath) -> dict[str, int]:
    """Read batch numbers; return none if the file is missing.

    A damaged file counts as missing: the next scan divides the photos anew, which makes nothing
    again. A warning is logged.
    """
    if not path.exists():
        return {}
    try:
        table = pq.read_table(io.BytesIO(path.read_bytes()), schema=_SCHEMA)
    except (pa.ArrowException, OSError, ValueError) as error:
        _LOG.warning("%s is damaged (%s): the photos are divided into batches anew", path, error)
        return {}
    return dict(zip(table["key"].to_pylist(), table["batch"].to_pylist(), strict=True))
