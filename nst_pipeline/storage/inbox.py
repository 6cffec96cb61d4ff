"""Scans of inboxes: which photos they hold, which are unreadable, and what changed."""

from __future__ import annotations

import gc
import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from io import BufferedIOBase
from typing import cast

from upath import UPath

from nst_pipeline.errors import StorageError, UnreadableImageError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.inbox_file import File, find_file, open_inside
from nst_pipeline.storage.inbox_index import InboxIndex, PhotoFile, UnreadableFile
from nst_pipeline.storage.keys import partition_key
from nst_pipeline.storage.listing import Listing, list_inbox
from nst_pipeline.storage.sidecars.files import sidecar_digest
from nst_pipeline.storage.sidecars.matching import SidecarMatching, Unmatched, dump_parts
from nst_pipeline.storage.sidecars.names import sidecar_paths
from nst_pipeline.vision.images.header import check_photo, check_size

_LOG = logging.getLogger(__name__)

FoundFile = PhotoFile | UnreadableFile
OnFile = Callable[[int, int], None]
"""Take the number of new and changed files that were read, and the number there are."""

_READERS, _BLOCK = 4, 64
"""Number of reading threads, and of files to read between two looks at the clock."""


@dataclass(frozen=True)
class Scan:
    """An inbox as it is now, and how it differs from the last scan."""

    index: InboxIndex
    new: tuple[str, ...]
    """Keys of new photos."""
    changed: tuple[str, ...]
    """Keys of photos whose bytes or sidecars changed."""
    deleted: Mapping[str, str]
    """Keys of deleted photos, with their former paths."""
    moved: Mapping[str, str]
    """Deleted key to the new key with the same bytes; `new` and `deleted` list both, too."""
    ignored: int
    """Number of files that are not photos by their names."""
    pending: int = 0
    """Number of new and changed files that were not read in time; `index` has their old state."""

    @property
    def summary(self) -> str:
        """The figures in one line."""
        parts = {
            "new": len(self.new) - len(self.moved),
            "changed": len(self.changed),
            "moved": len(self.moved),
            "deleted": len(self.deleted) - len(self.moved),
            "still to be read": self.pending,
            "unreadable": len(self.index.unreadable),
            "sidecars unmatched": len(self.index.unmatched),
            "other files": self.ignored,
        }
        counts = [f"{count} {name}" for name, count in parts.items() if count]
        photos = len(self.index.photos)
        return ", ".join([f"{photos} photo{'' if photos == 1 else 's'}", *counts])


def _stamped(file: File) -> tuple[str, int, int, int]:
    return file.path, file.size, file.mtime_ns, file.ctime_ns


def _read(inbox: UPath, file: File, max_megapixels: float) -> FoundFile:
    """Read a new or changed file: check its header and end, and hash it, in little memory."""
    try:
        check_size(file.size, max_megapixels=max_megapixels)
        with open_inside(inbox, file.path) as stream:
            check_photo(stream, max_megapixels=max_megapixels)
            stream.seek(0)
            digest = hashlib.file_digest(cast(BufferedIOBase, stream), "sha256").hexdigest()
    except StorageError:
        raise  # it says nothing about this photo
    except UnreadableImageError as error:
        reason = str(error)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
    except Exception as error:
        # A decoder's bug must not cost the other files their scan.
        _LOG.warning("%s cannot be read", file.path, exc_info=error)
        reason = f"cannot be read ({type(error).__name__}: {error})"
    else:
        return PhotoFile(*_stamped(file), digest, etag=file.etag)
    return UnreadableFile(file.path, reason, *_stamped(file)[1:], etag=file.etag)


def _read_until(
    inbox: UPath, files: Sequence[File], max_megapixels: float, until: float, on_file: OnFile
) -> dict[str, FoundFile]:
    """Read files in several threads until `time.monotonic` reaches `until`."""
    found: dict[str, FoundFile] = {}
    with ThreadPoolExecutor(_READERS) as pool:
        for first in range(0, len(files), _BLOCK):
            if found and time.monotonic() > until:
                break
            block = files[first : first + _BLOCK]
            read = pool.map(lambda file: _read(inbox, file, max_megapixels), block)
            found |= {each.path: each for each in read}
            on_file(len(found), len(files))
    return found


def _sidecar_state(listing: Listing) -> str:
    """Digest what decides which sidecar belongs to which photo."""
    digest = hashlib.sha256()
    digest.update("\n".join(photo.path for photo in listing.photos).encode())
    for path in sorted(listing.sidecars):
        digest.update(f"\0{listing.sidecars[path]}".encode())
    return digest.hexdigest()


class _Sidecars:
    """The sidecars of an inbox; those of the last scan, as long as no name, size or time changed.

    Sorting them anew reads the files for many photos, which a scan without news must not do.
    """

    def __init__(self, inbox: UPath, listing: Listing, known: InboxIndex) -> None:
        self._inbox, self._listing = inbox, listing
        names = [each.path for each in listing.photos]
        self._matching = SidecarMatching(inbox, names, listing.sidecars)
        self._known = {photo.path: photo for photo in known.photos.values()}
        self._unmatched, self._known_state = known.unmatched, known.sidecar_state

    @cached_property
    def state(self) -> str:
        """Digest of what decides which sidecar belongs to which photo."""
        return _sidecar_state(self._listing)

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """Sidecars that belong to no photo."""
        if self.state == self._known_state:
            return self._unmatched
        return tuple(self._matching.unmatched())

    def add_to(self, photo: PhotoFile) -> PhotoFile:
        """Add what the sidecars contain about a photo, which is read only if it changed."""
        known = self._known.get(photo.path)
        if known is not None and self.state == self._known_state:
            if photo is known:
                return photo
            stamp, digest = known.sidecar_stamp, known.sidecar_digest
        else:
            parts = self._matching.parts(photo.path)
            stamp = dump_parts(parts)
            if known is not None and known.sidecar_stamp == stamp:
                digest = known.sidecar_digest
            else:
                digest = sidecar_digest(self._inbox, parts, self._matching)
        return photo.described_by(digest, stamp)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pause the search for cycles, of which listing and indexing make none.

    Among hundreds of thousands of new objects, it takes a third of their time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stamp(file: File | FoundFile) -> tuple[int, int, int, str]:
    return file.size, file.mtime_ns, file.ctime_ns, file.etag


def _is_same(listing: Listing, known: InboxIndex, all_known: Sequence[FoundFile]) -> bool:
    """Whether an inbox without new or changed photos is as it was at the last scan."""
    refused = {UnreadableFile(*each) for each in listing.refused}
    kept = len(listing.photos) + len(refused)
    return (
        len(all_known) == kept
        and refused <= set(known.unreadable)
        and _sidecar_state(listing) == known.sidecar_state
    )


def _is_unchanged(was: FoundFile | None, file: File) -> bool:
    return was is not None and _stamp(was) == _stamp(file)


def _indexed(
    inbox: UPath, listing: Listing, known: InboxIndex, found: Iterable[FoundFile], limit: float
) -> InboxIndex:
    """Build the index of the files that were read."""
    keys = {photo.path: key for key, photo in known.photos.items()}
    photos, unreadable = {}, [UnreadableFile(*each) for each in listing.refused]
    sidecars = _Sidecars(inbox, listing, known)
    for each in found:
        if isinstance(each, UnreadableFile):
            unreadable.append(each)
        else:
            key = keys.get(each.path) or partition_key(each.path)
            photos[key] = sidecars.add_to(each)
    return InboxIndex(photos, tuple(unreadable), limit, sidecars.unmatched, sidecars.state)


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
    """Compare two indexes of an inbox.

    Parameters
    ----------
    known, now
        The earlier and the later index.
    ignored, pending
        Copied into the result.
    """
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
    """Scan an inbox; files that did not change since `known` are not opened.

    After a scan that ended early, the next one continues from its index. Deletions are reported
    only after all other files were read, because an unread file may be a deleted photo that moved.

    Parameters
    ----------
    inbox
        A folder or an fsspec URL.
    known
        The index of the last scan; an empty one at first.
    settings
        The limit on pixels. If it changed, every file is read again, even after `until`.
    until
        Value of `time.monotonic` after which no more files are read.
    on_file
        Called to report progress.

    Returns
    -------
    Scan
        The new index, and how it differs from `known`.

    Raises
    ------
    NstError
        The inbox does not exist.
    StorageError
        Its object store cannot be used.
    """
    with _without_collection():
        listing, limit = list_inbox(inbox), settings.max_megapixels
    all_known: list[FoundFile] = [*known.photos.values(), *known.unreadable]
    if all_known and known.max_megapixels != limit:
        all_known, until = [], math.inf
    before = {each.path: each for each in all_known}
    to_read = [file for file in listing.photos if not _is_unchanged(before.get(file.path), file)]
    before |= _read_until(inbox, to_read, limit, until, on_file)
    if not to_read and _is_same(listing, known, all_known):
        return Scan(known, (), (), {}, {}, listing.ignored)
    found = [before[file.path] for file in listing.photos if file.path in before]
    pending = sum(not _is_unchanged(before.get(file.path), file) for file in to_read)
    if pending:
        there = {file.path for file in listing.photos}
        found += [photo for photo in known.photos.values() if photo.path not in there]
    with _without_collection():
        index = _indexed(inbox, listing, known, found, limit)
        return compare(known, index, ignored=listing.ignored, pending=pending)


def examine_again(
    inbox: UPath, known: InboxIndex, key: str, settings: IngestSettings
) -> InboxIndex:
    """Read one photo and its sidecars again, in case they changed since the scan.

    Parameters
    ----------
    inbox, known, settings
        As for `scan`.
    key
        The photo's partition key.

    Returns
    -------
    InboxIndex
        With the photo as it is now; without it, if it is gone or unreadable.
    """
    photos = dict(known.photos)
    photo = photos.pop(key, None)
    file = None if photo is None else find_file(inbox, photo.path)
    if photo is None or file is None:
        return replace(known, photos=photos)
    now = photo if _is_unchanged(photo, file) else _read(inbox, file, settings.max_megapixels)
    if isinstance(now, UnreadableFile):
        return replace(known, photos=photos, unreadable=(*known.unreadable, now))
    paths = {*sidecar_paths(photo.path), *(part.path for part in photo.parts)}
    found = (find_file(inbox, path) for path in paths)
    sidecars = {each.path: each for each in found if each is not None}
    matching = SidecarMatching(inbox, [each.path for each in known.photos.values()], sidecars)
    parts = matching.parts(photo.path)
    digest = sidecar_digest(inbox, parts, matching)
    described = replace(now, sidecar_digest=digest, sidecar_stamp=dump_parts(parts))
    # After a change, the next scan sorts all sidecars anew: this one has seen a few of them only.
    state = known.sidecar_state if described == photo else ""
    return replace(known, photos={**known.photos, key: described}, sidecar_state=state)
