"""Files that appear whole or not at all, and which there are."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from upath import UPath

from nst_pipeline.storage.process import is_alive

LOCAL = ("", "file", "local")
"""fsspec's names of the disk."""
_TEMPORARY = ".tmp"
_AT_ONCE = 16
"""A file system writes its journal once for all who wait for it: of 256 files of 400 kB each took
4 to 8 ms when synced by itself, and 0.5 ms in 16 threads."""


def _process() -> str:
    return f"{socket.gethostname()}~{os.getpid()}"


def is_leftover(name: str) -> bool:
    """Whether a file's name is that of a temporary file that nobody will finish.

    A process that was killed leaves one behind. Those of other machines count as being written.
    """
    host, _, rest = name.removeprefix(".").partition("~")
    number = rest.partition("~")[0]
    ours = name.endswith(_TEMPORARY) and host == socket.gethostname() and number.isdecimal()
    return ours and not is_alive(int(number))


def is_temporary(name: str) -> bool:
    """Whether a file's name is that of one that is being written."""
    return name.startswith(".") and name.endswith(_TEMPORARY)


def remove_leftovers(folder: UPath) -> None:
    """Remove what killed processes left in a folder of the disk; one that is not there is none."""
    if folder.protocol in LOCAL and folder.exists():
        with os.scandir(folder.path) as entries:
            leftovers = [entry.name for entry in entries if is_leftover(entry.name)]
        for name in leftovers:
            (folder / name).unlink(missing_ok=True)


def write_atomically(path: UPath, data: bytes, *, sync: bool = True) -> None:
    """Write `data` to `path`; a reader sees the old file or the new one, never a part.

    A local file is written beside its place and renamed. An object store's put is already
    atomic.

    Args:
        path: the file.
        data: all of it.
        sync: wait until it would survive a power cut; otherwise `sync_files` does that for many.
    """
    if path.protocol not in LOCAL:
        path.write_bytes(data)
        return
    place = Path(path.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    # A short name of its own: the key alone may fill what a file system allows.
    temporary = place.with_name(f".{_process()}~{uuid.uuid4().hex}{_TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _local_size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 -- a path object for each costs more than this
    except FileNotFoundError:
        return None


def sizes_in(folder: UPath, names: Iterable[str] | None = None) -> dict[str, int]:
    """File name to size in bytes of the files in a folder, not below it.

    Args:
        folder: a folder or an fsspec URL; one that is not there holds nothing.
        names: only these are of interest. A folder of the disk is asked for each of them; of an
            object store everything is listed, a thousand files in a request.
    """
    if not folder.exists():
        return {}
    if folder.protocol not in LOCAL:
        listing = folder.fs.ls(folder.path, detail=True)
        return {str(each["name"]).rsplit("/", 1)[-1]: int(each["size"] or 0) for each in listing}
    if names is None:
        with os.scandir(folder.path) as entries:
            return {each.name: each.stat().st_size for each in entries if each.is_file()}
    sizes = ((name, _local_size(f"{folder.path}/{name}")) for name in names)
    return {name: size for name, size in sizes if size is not None}


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
    local = [Path(path.path) for path in paths if path.protocol in LOCAL]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for each in (local, {path.parent for path in local}):
            list(pool.map(_sync, each))
