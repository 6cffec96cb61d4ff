"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from upath import UPath

_LOCAL = ("", "file", "local")
_AT_ONCE = 16
"""A file system writes its journal once for all who wait for it: of 256 files of 400 kB each took
4 to 8 ms when synced by itself, and 0.5 ms in 16 threads."""


def write_atomically(path: UPath, data: bytes, *, sync: bool = True) -> None:
    """Write `data` to `path`; a reader sees the old file or the new one, never a part.

    A local file is written beside its place and renamed. An object store's put is already
    atomic.

    Args:
        path: the file.
        data: all of it.
        sync: wait until it would survive a power cut; otherwise `sync_files` does that for many.
    """
    if path.protocol not in _LOCAL:
        path.write_bytes(data)
        return
    place = Path(path.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    # A short name of its own: the key alone may fill what a file system allows.
    temporary = place.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # removed meanwhile: nothing is to survive
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: Iterable[UPath]) -> None:
    """Wait until these files would survive a power cut, with their names."""
    local = [Path(path.path) for path in paths if path.protocol in _LOCAL]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for each in (local, {path.parent for path in local}):
            list(pool.map(_sync, each))
