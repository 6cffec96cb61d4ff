"""Inboxes: which photos are there, what is wrong with the others, what changed since last time."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.inbox_index import InboxIndex, PhotoFile, UnreadableFile
from nst_pipeline.storage.keys import partition_key
from nst_pipeline.storage.listing import File, Listing, find_file, list_inbox
from nst_pipeline.storage.sidecars.files import sidecar_digest
from nst_pipeline.storage.sidecars.names import sidecar_files, sidecar_paths
from nst_pipeline.vision.images.codecs import check_header, decode_photo, read_header
from nst_pipeline.vision.images.truncation import looks_whole

Judged = PhotoFile | UnreadableFile
OnFile = Callable[[int, int], None]
"""Told how many new and changed files were read, and how many there are."""

_READERS, _BLOCK = 4, 64
"""Files are read by so many threads, and the clock is looked at after so many files."""


@dataclass(frozen=True)
class Scan:
    """An inbox as it is now, and how it differs from before."""

    index: InboxIndex
    new: tuple[str, ...]
    """Keys that were not there before."""
    changed: tuple[str, ...]
    """Keys whose bytes or sidecars are others now."""
    deleted: Mapping[str, str]
    """Keys that are no longer there, with the paths that they had."""
    moved: Mapping[str, str]
    """Deleted key to the new key under which the same bytes stand; both are listed above too."""
    ignored: int
    """Files that are no photos by their names."""
    pending: int = 0
    """New and changed files that there was no time to read; they stand as they were before."""

    @property
    def summary(self) -> str:
        """The figures in a line."""
        parts = {
            "new": len(self.new) - len(self.moved),
            "changed": len(self.changed),
            "moved": len(self.moved),
            "deleted": len(self.deleted) - len(self.moved),
            "still to be read": self.pending,
            "unreadable": len(self.index.unreadable),
            "other files": self.ignored,
        }
        said = [f"{count} {name}" for name, count in parts.items() if count]
        return ", ".join([f"{len(self.index.photos)} photos", *said])


def _judge(file: BinaryIO, max_megapixels: float) -> None:
    header = read_header(file)
    check_header(header, max_megapixels=max_megapixels)
    if not looks_whole(file, header.format):
        file.seek(0)
        decode_photo(file.read(), name="", max_megapixels=max_megapixels)


def _examined(inbox: UPath, file: File, max_megapixels: float) -> Judged:
    """Read a new or changed file: its header, its end, its digest; memory stays small."""
    try:
        with (inbox / file.path).open("rb") as stream:
            _judge(stream, max_megapixels)
            stream.seek(0)
            digest = hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()
    except UnreadableImageError as error:
        reason = str(error).removeprefix(": ")
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
    else:
        return PhotoFile(file.path, file.size, file.mtime_ns, digest)
    return UnreadableFile(file.path, reason, file.size, file.mtime_ns)


def _examined_until(
    inbox: UPath, files: Sequence[File], max_megapixels: float, until: float, on_file: OnFile
) -> dict[str, Judged]:
    """Read files, several at once, until the clock (`time.monotonic`) stands at `until`."""
    judged: dict[str, Judged] = {}
    with ThreadPoolExecutor(_READERS) as pool:
        for first in range(0, len(files), _BLOCK):
            if judged and time.monotonic() > until:
                break
            block = files[first : first + _BLOCK]
            read = pool.map(lambda file: _examined(inbox, file, max_megapixels), block)
            judged |= {each.path: each for each in read}
            on_file(len(judged), len(files))
    return judged


def _with_sidecars(inbox: UPath, photo: PhotoFile, listing: Listing) -> PhotoFile:
    """The photo with the digest of its sidecars, read again only if one of them changed."""
    files = [listing.sidecars[path] for path in sidecar_files(photo.path, listing.sidecars)]
    stamp = " ".join(f"{file.path}:{file.size}:{file.mtime_ns}" for file in files)
    if stamp == photo.sidecar_stamp:
        return photo
    digest = sidecar_digest(inbox, photo.path, [file.path for file in files])
    return replace(photo, sidecar_digest=digest, sidecar_stamp=stamp)


def _is_same(was: Judged | None, file: File) -> bool:
    return was is not None and (was.size, was.mtime_ns) == (file.size, file.mtime_ns)


def _indexed(
    inbox: UPath, listing: Listing, known: InboxIndex, judged: Iterable[Judged], limit: float
) -> InboxIndex:
    """The index of what was judged, with readable photos under their keys."""
    keys = {photo.path: key for key, photo in known.photos.items()}
    photos, unreadable = {}, [UnreadableFile(*each) for each in listing.refused]
    for each in judged:
        if isinstance(each, UnreadableFile):
            unreadable.append(each)
        else:
            key = keys.get(each.path) or partition_key(each.path)
            photos[key] = _with_sidecars(inbox, each, listing)
    return InboxIndex(photos, tuple(unreadable), limit)


def _moved(
    known: InboxIndex, index: InboxIndex, deleted: Iterable[str], new: Iterable[str]
) -> dict[str, str]:
    gone = {known.photos[key].digest: key for key in deleted}
    moved = {}
    for key in new:
        old = gone.pop(index.photos[key].digest, None)
        if old is not None:
            moved[old] = key
    return moved


def _content(photo: PhotoFile) -> tuple[str, str]:
    return photo.digest, photo.sidecar_digest


def compare(known: InboxIndex, now: InboxIndex, *, ignored: int = 0, pending: int = 0) -> Scan:
    """How an inbox differs from what was known of it."""
    before, after = known.photos, now.photos
    new = tuple(key for key in after if key not in before)
    deleted = {key: photo.path for key, photo in before.items() if key not in after}
    changed = (k for k in after if k in before and _content(after[k]) != _content(before[k]))
    moved = _moved(known, now, deleted, new)
    return Scan(now, new, tuple(changed), deleted, moved, ignored, pending)


def scan(
    inbox: UPath,
    known: InboxIndex,
    settings: IngestSettings,
    *,
    until: float = math.inf,
    on_file: OnFile = lambda *_: None,
) -> Scan:
    """Look through an inbox; files that have not changed since `known` are not opened.

    A scan that ends early goes on from its index the next time. Deleted files count as such
    only when all others were read: one of them may be where a deleted one was moved to.

    Args:
        inbox: a folder or an fsspec URL.
        known: the index of the last scan; an empty one to begin with.
        settings: the limit on pixels. With another limit every file is judged anew, at once.
        until: a time of `time.monotonic` after which no further file is read.
        on_file: told of progress.

    Raises:
        NstError: there is no such folder.
    """
    listing, limit = list_inbox(inbox), settings.max_megapixels
    all_known: list[Judged] = [*known.photos.values(), *known.unreadable]
    if all_known and known.max_megapixels != limit:
        all_known, until = [], math.inf
    before = {each.path: each for each in all_known}
    to_read = [file for file in listing.photos if not _is_same(before.get(file.path), file)]
    before |= _examined_until(inbox, to_read, limit, until, on_file)
    judged = [before[file.path] for file in listing.photos if file.path in before]
    pending = sum(not _is_same(before.get(file.path), file) for file in to_read)
    if pending:
        there = {file.path for file in listing.photos}
        judged += [photo for photo in known.photos.values() if photo.path not in there]
    index = _indexed(inbox, listing, known, judged, limit)
    return compare(known, index, ignored=listing.ignored, pending=pending)


def examine_again(
    inbox: UPath, known: InboxIndex, key: str, settings: IngestSettings
) -> InboxIndex:
    """Look at one photo alone, and at what lies beside it: they may have changed since the scan.

    Returns:
        The index with the photo as it is now; without it, if it is not there or not readable.
    """
    photos, unreadable = dict(known.photos), known.unreadable
    photo = photos.pop(key, None)
    file = None if photo is None else find_file(inbox, photo.path)
    if photo is None or file is None:
        return InboxIndex(photos, unreadable, known.max_megapixels)
    now = photo if _is_same(photo, file) else _examined(inbox, file, settings.max_megapixels)
    if isinstance(now, UnreadableFile):
        return InboxIndex(photos, (*unreadable, now), known.max_megapixels)
    beside = (find_file(inbox, path) for path in sidecar_paths(photo.path))
    sidecars = {each.path: each for each in beside if each is not None}
    listing = Listing((file,), sidecars, (), 0)
    changed = {key: _with_sidecars(inbox, now, listing)}
    return InboxIndex({**known.photos, **changed}, unreadable, known.max_megapixels)
