"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import uuid

from upath import UPath

_LOCAL = ("", "file", "local")


def write_atomically(path: UPath, data: bytes) -> None:
    """Write `data` to `path`; a reader sees the old file or the new one, never a part.

    A local file is written beside its place and renamed. An object store's put is already
    atomic.
    """
    if path.protocol not in _LOCAL:
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A short name of its own: the key alone may fill what a file system allows.
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
