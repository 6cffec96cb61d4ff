"""One file of an inbox: its size and times, and its content if it is regular and inside."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BufferedIOBase
from typing import Any, BinaryIO, cast

from upath import UPath

from nst_pipeline.storage.files import LOCAL

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A file in a listing."""

    path: str
    """Relative to the inbox, with forward slashes."""
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    """Time at which the file's content or status changed, which programs cannot put back; 0 where
    the file system keeps none."""
    etag: str = ""
    """What an object store calls this version of the content; empty on a disk. It is compared
    instead of the times, which some stores tell more exactly in a listing than of one object."""


def local_file(path: str, status: os.stat_result) -> File:
    """Describe a file of the local disk."""
    return File(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _mtime_ns(details: Mapping[str, object]) -> int:
    """Return a file's time of change under whichever name its file system uses; 0 without one."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = details.get(name)
        if isinstance(value, datetime):
            return round(value.timestamp() * _NS_PER_S)
        if isinstance(value, int | float):
            return round(value * _NS_PER_S)
    return 0


def remote_file(path: str, details: Mapping[str, Any]) -> File:
    """Describe a file of an object store by what fsspec tells about it."""
    etag, size = str(details.get("ETag") or ""), int(details["size"] or 0)
    return File(path, size, 0 if etag else _mtime_ns(details), etag=etag)


def is_inside(inbox: str, path: str) -> bool:
    """Whether a local path, after its links are followed, lies in a folder."""
    return f"{os.path.realpath(path)}/".startswith(f"{os.path.realpath(inbox)}/")


def find_file(inbox: UPath, path: str) -> File | None:
    """Return one file of an inbox as `list_inbox` would; None if it would not."""
    try:
        if inbox.protocol in LOCAL:
            name = f"{inbox.path}/{path}"
            if not is_inside(inbox.path, name) or not os.path.isfile(name):  # noqa: PTH113
                return None
            return local_file(path, os.stat(name))  # noqa: PTH116
        return remote_file(path, inbox.fs.info((inbox / path).path))
    except FileNotFoundError:
        return None


def open_inside(inbox: UPath, path: str) -> BinaryIO:
    """Open a file of an inbox for reading.

    Parameters
    ----------
    inbox
        A folder or an fsspec URL.
    path
        Relative to it.

    Raises
    ------
    OSError
        The file does not exist, is a pipe, a device or a folder, or lies outside the inbox. Opening
        a pipe would wait for a writer.
    """
    if inbox.protocol not in LOCAL:
        return (inbox / path).open("rb")
    name = f"{inbox.path}/{path}"
    if not is_inside(inbox.path, name):
        raise PermissionError(errno.EPERM, "it leads out of the inbox", name)
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return os.fdopen(descriptor, "rb")


def read_inside(inbox: UPath, path: str, *, max_bytes: int) -> bytes:
    """Read a file of an inbox whole.

    Raises
    ------
    OSError
        As for `open_inside`, or the file is larger than allowed.
    """
    with open_inside(inbox, path) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"larger than {max_bytes // 1_000_000} MB", str(inbox / path))
    return data


def digest_inside(inbox: UPath, path: str) -> str:
    """Return the SHA-256 of a file of an inbox, read in little memory.

    Raises
    ------
    OSError
        As for `open_inside`.
    """
    with open_inside(inbox, path) as file:
        return hashlib.file_digest(cast(BufferedIOBase, file), "sha256").hexdigest()
