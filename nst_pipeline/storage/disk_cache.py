"""A folder on this machine's disk that keeps what was read from an object store.

Contents are named by what determines them, so that none of them is ever out of date. Several
processes may share the folder: a file appears whole, and each process removes the least recently
used ones once it has written a tenth of the limit. None of the libraries for this has a limit
and is maintained: fsspec's caches grow without end, diskcache's last release is of 2023.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock

from nst_pipeline.storage.files import place_atomically

_LEFT_FREE_BYTES = 1 << 30
"""On a disk with less space, nothing is kept: a run needs it more."""
_KEPT_SHARE = 0.9
"""Share of the limit that is left after the least recently used files were removed."""
_DIGEST_BYTES = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Return the folder on this machine: `NST_CACHE`, or `~/.cache/nst_pipeline/inputs`."""
    given = os.environ.get("NST_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache/nst_pipeline/inputs"


def _used_at(entry: os.DirEntry[str]) -> tuple[int, int, str] | None:
    """Return when a file was used last, its size, and its path; None if another process took it."""
    with suppress(OSError):
        status = entry.stat(follow_symlinks=False)
        return status.st_mtime_ns, status.st_size, entry.path
    return None


class DiskCache:
    """Contents by name, up to a limit; the least recently used go first.

    A disk that is full or cannot be written is no error: nothing is kept then.

    Parameters
    ----------
    folder
        Created when it is needed.
    limit_bytes
        Size of all files together; 0 keeps nothing. Each process that shares the folder may exceed
        it by a tenth.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = DiskCache(Path(folder), 1_000_000)
    ...     cache.read("photo 1a", lambda: b"from afar"), cache.read("photo 1a", lambda: b"")
    (b'from afar', b'from afar')
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self._limit = folder, limit_bytes
        self._written = limit_bytes
        """Bytes since this process looked last: it does before its first file."""
        self._lock = Lock()

    @property
    def keeps(self) -> bool:
        """Whether it keeps anything."""
        return self._limit > 0

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode()).hexdigest()

    def read(self, name: str, fetch: Callable[[], bytes]) -> bytes:
        """Return a content by its name; if it is not here, fetch and keep it."""
        found = self.get(name)
        if found is None:
            found = fetch()
            self.put(name, found)
        return found

    def get(self, name: str) -> bytes | None:
        """Return a content by its name; None if it is not here, or damaged."""
        if not self.keeps:
            return None
        path = self._path(name)
        try:
            kept = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, content = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
        # After a power cut, a file may have its name and not its content.
        return content if hashlib.sha256(content).digest() == digest else None

    def put(self, name: str, content: bytes) -> None:
        """Keep a content under a name that nothing else will have."""
        if len(content) > self._limit * (1 - _KEPT_SHARE):
            return
        digest = hashlib.sha256(content).digest()

        def fill(temporary: Path) -> None:
            with temporary.open("wb") as file:
                file.write(digest)
                file.write(content)

        with suppress(OSError):
            self._make_room(len(content))
            if shutil.disk_usage(self._folder).free > _LEFT_FREE_BYTES:
                place_atomically(self._path(name), fill)

    def _make_room(self, size: int) -> None:
        """Remove the least recently used files if this process has written enough to look."""
        with self._lock:
            self._written += size
            if self._written <= self._limit * (1 - _KEPT_SHARE):
                return
            self._written = size
            self._folder.mkdir(parents=True, exist_ok=True)
            with os.scandir(self._folder) as entries:
                files = sorted(filter(None, map(_used_at, entries)))
            surplus = sum(size for _, size, _ in files) - self._limit * _KEPT_SHARE
            for _, size, path in files:
                if surplus <= 0:
                    break
                Path(path).unlink(missing_ok=True)
                surplus -= size


NO_CACHE = DiskCache(Path(), 0)
"""Keeps nothing."""


@lru_cache
def cache_at(folder: Path, limit_bytes: int) -> DiskCache:
    """Return this process's cache in a folder: each step of a run opens the collection again."""
    return DiskCache(folder, limit_bytes)
