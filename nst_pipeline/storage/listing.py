"""List the files of inboxes: photos, sidecars, refused files, and the number of others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.files import LOCAL
from nst_pipeline.storage.inbox_file import File, is_inside, local_file, remote_file
from nst_pipeline.storage.objects.access import is_object_store
from nst_pipeline.storage.sidecars.names import is_sidecar

PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp"),
    *(".heic", ".heif", ".hif", ".avif"),
)
_FOREIGN_SUFFIXES = (
    *(".gif", ".jxl", ".jp2", ".psd"),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2"),
)
"""Unsupported formats of cameras and phones. Such files are reported, not ignored."""
_VIDEO_SUFFIXES = (
    *(".mov", ".mp4", ".m4v", ".avi", ".mkv", ".webm", ".3gp", ".3g2", ".avifs", ".wmv", ".flv"),
    *(".mpg", ".mpeg", ".mts", ".m2ts"),
)
_FOLDER = "a folder with a sidecar's name: put a file there"
_NO_FILE = "a pipe, a socket or a device: put a file there"

_Found = File | tuple[str, str] | None
"""A file, the path of one that must not be opened with the reason, or one that is not needed."""


@dataclass(frozen=True)
class Listing:
    """The files of an inbox."""

    photos: tuple[File, ...]
    """Files with a photo's suffix, in the order of their paths."""
    sidecars: dict[str, File]
    """Sidecars by path."""
    refused: tuple[tuple[str, str], ...]
    """Path and reason of files that must not be opened."""
    ignored: int
    """Number of other files and links, without hidden ones."""


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _is_listed(root: Path, target: str) -> bool:
    """Whether a photo that links lead to is found under its own name, too."""
    relative = os.path.relpath(target, os.path.realpath(root))
    is_hidden = any(part.startswith(".") for part in relative.split("/"))
    return not is_hidden and relative.lower().endswith(PHOTO_SUFFIXES)


def _linked(root: Path, path: str) -> _Found:
    """Return the file that a link leads to, why it is refused, or None if it is not needed.

    A photo's link that stays inside the inbox is skipped, because its target is listed anyway. A
    sidecar's is followed, because it gives the file another name.
    """
    name = f"{root}/{path}"
    if not is_inside(str(root), name):
        return path, "a link that leads out of the inbox: copy the file itself"
    try:
        status = os.stat(name)  # noqa: PTH116 -- names are strings here
    except OSError as error:
        return path, f"a link that leads nowhere ({error.strerror}): put the file itself there"
    if stat.S_ISDIR(status.st_mode):
        return (path, _FOLDER) if is_sidecar(path) else None
    if not stat.S_ISREG(status.st_mode):
        return path, _NO_FILE
    if is_sidecar(path):
        return local_file(path, status)
    if path.lower().endswith(PHOTO_SUFFIXES) and not _is_listed(root, os.path.realpath(name)):
        return path, "a link to a file that is no photo by its name: put the file itself there"
    return None


def _walk_local(root: Path) -> Iterator[_Found]:
    """List the files of a folder at any depth, without following links to folders."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = _entries(f"{root}/{folder}")
        except OSError as error:
            yield folder, f"cannot be listed ({error.strerror})"
            continue
        for entry in entries:
            path = folder + entry.name
            if entry.is_symlink():
                yield _linked(root, path)
            elif entry.is_dir():
                pending.append(f"{path}/")
                if is_sidecar(path):
                    yield path, _FOLDER
            elif entry.is_file():
                yield local_file(path, entry.stat(follow_symlinks=False))
            else:
                yield path, _NO_FILE


def _walk_remote(root: UPath) -> Iterator[File]:
    top = root.path.rstrip("/") + "/"
    for name, details in root.fs.find(root.path, detail=True).items():
        path = str(name).removeprefix(top)
        if not any(part.startswith(".") for part in path.split("/")):
            yield remote_file(path, details)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _classify(found: Iterable[_Found]) -> Listing:
    photos, sidecars, refused, ignored = [], {}, [], 0
    for each in found:
        if each is None:
            ignored += 1
            continue
        path = each.path if isinstance(each, File) else each[0]
        if not _is_utf8(path):
            readable = os.fsencode(path).decode(errors="backslashreplace")
            refused.append((readable, "the name is not valid UTF-8: rename it"))
        elif not isinstance(each, File):
            refused.append(each)
        elif is_sidecar(path):
            sidecars[path] = each
        elif path.lower().endswith(PHOTO_SUFFIXES):
            photos.append(each)
        elif path.lower().endswith(_FOREIGN_SUFFIXES):
            refused.append((path, "this format is not supported: export the photo as JPEG or PNG"))
        elif path.lower().endswith(_VIDEO_SUFFIXES):
            refused.append((path, "a video: export a frame as JPEG or PNG"))
        else:
            ignored += 1
    photos.sort(key=lambda file: file.path)
    return Listing(tuple(photos), sidecars, tuple(sorted(refused)), ignored)


def list_inbox(inbox: UPath) -> Listing:
    """List the files of an inbox at any depth, without opening any.

    Parameters
    ----------
    inbox
        A folder or an fsspec URL.

    Raises
    ------
    NstError
        The folder does not exist; in an object store it is empty then.
    """
    if is_object_store(inbox.protocol):
        return _classify(_walk_remote(inbox))  # An empty folder does not exist there.
    if not inbox.is_dir():
        raise NstError(f"{inbox}: no such folder; create it, or run `nst samples`")
    is_local = inbox.protocol in LOCAL
    return _classify(_walk_local(Path(inbox.path)) if is_local else _walk_remote(inbox))
