"""Read the table's Parquet files from an object store, small ones once for each machine.

Delta names each of its files anew, and never changes one.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.fs as pafs
from upath import UPath

from nst_pipeline.storage.disk_cache import DiskCache
from nst_pipeline.storage.objects.filesystem import ObjectFileSystem

_WHOLE_BYTES = 4 << 20
"""Of a larger file, only the columns and the groups of rows that are needed are read."""


class _Parts(pafs.FSSpecHandler):  # type: ignore[misc]  # pyarrow has no types
    """Hands the files to Arrow."""

    def __init__(self, fs: ObjectFileSystem, cache: DiskCache) -> None:
        super().__init__(fs)
        self._cache = cache

    def open_input_file(self, path: str) -> pa.NativeFile:
        kept = self._cache.get(path)
        if kept is None:
            opened = self.fs.open_ranged(path, whole_bytes=_WHOLE_BYTES)
            if not isinstance(opened, bytes):
                return pa.PythonFile(opened, mode="r")
            kept = opened
            self._cache.put(path, kept)
        return pa.BufferReader(kept)


def parts_of(folder: UPath, cache: DiskCache) -> pafs.FileSystem:
    """Return the table's files as Arrow needs them.

    Parameters
    ----------
    folder
        The table in an object store.
    cache
        Keeps the small ones.
    """
    return pafs.SubTreeFileSystem(folder.path, pafs.PyFileSystem(_Parts(folder.fs, cache)))
