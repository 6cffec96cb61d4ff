"""Inboxes: which photos are there, what is wrong with the others, what changed since last time."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.keys import partition_key
from nst_pipeline.storage.listing import File, Listing, list_inbox
from nst_pipeline.storage.sidecars import sidecar_digest, sidecar_files
from nst_pipeline.vision.image_io import check_header, decode_photo, read_header
from nst_pipeline.vision.truncation import looks_whole

_LOG = logging.getLogger(__name__)

_MEGAPIXELS = b"max_megapixels"
# The key, the fields of PhotoFile in their order, and why a file without a key is unreadable.
_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("path", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("digest", pa.string()),
        ("sidecar_digest", pa.string()),
        ("sidecar_stamp", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo that can be used."""

    path: str
    """Relative to the inbox, with forward slashes."""
    size: int
    """Bytes."""
    mtime_ns: int
    digest: str
    """SHA-256 of the bytes."""
    sidecar_digest: str = ""
    """Of all that the user laid beside it; empty if nothing."""
    sidecar_stamp: str = ""
    """Names, sizes and times of the sidecars, to see without reading whether they changed."""


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that looks like a photo and is none that can be used."""

    path: str
    reason: str
    size: int = 0
    mtime_ns: int = 0


@dataclass(frozen=True)
class InboxIndex:
    """What an inbox held when it was last scanned."""

    photos: Mapping[str, PhotoFile] = field(default_factory=dict)
    """By partition key, in the order of their paths."""
    unreadable: tuple[UnreadableFile, ...] = ()
    max_megapixels: float = 0.0
    """The limit the files were judged by."""


@dataclass(frozen=True)
class Scan:
    """An inbox as it is now, and how it differs from before."""

    index: InboxIndex
    new: tuple[str, ...]
    """Keys that were not there before."""
    changed: tuple[str, ...]
    """Keys whose bytes or sidecars are others now."""
    deleted: tuple[str, ...]
    """Keys that are no longer there."""
    moved: Mapping[str, str]
    """Deleted key to the new key under which the same bytes stand; both are listed above too."""
    ignored: int
    """Files that are no photos by their names."""

    @property
    def summary(self) -> str:
        """The figures in a line."""
        parts = {
            "new": len(self.new) - len(self.moved),
            "changed": len(self.changed),
            "moved": len(self.moved),
            "deleted": len(self.deleted) - len(self.moved),
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


def _examined(inbox: UPath, file: File, max_megapixels: float) -> PhotoFile | UnreadableFile:
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


def _with_sidecars(inbox: UPath, photo: PhotoFile, listing: Listing) -> PhotoFile:
    """The photo with the digest of its sidecars, read again only if one of them changed."""
    files = [listing.sidecars[path] for path in sidecar_files(photo.path, listing.sidecars)]
    stamp = " ".join(f"{file.path}:{file.size}:{file.mtime_ns}" for file in files)
    if stamp == photo.sidecar_stamp:
        return photo
    digest = sidecar_digest(inbox, photo.path, [file.path for file in files])
    return replace(photo, sidecar_digest=digest, sidecar_stamp=stamp)


def _index(inbox: UPath, listing: Listing, known: InboxIndex, max_megapixels: float) -> InboxIndex:
    same_limit = known.max_megapixels == max_megapixels
    keys = {photo.path: key for key, photo in known.photos.items()}
    judged: list[PhotoFile | UnreadableFile] = [*known.photos.values(), *known.unreadable]
    before = {each.path: each for each in judged} if same_limit else {}
    photos, unreadable = {}, [UnreadableFile(*each) for each in listing.refused]
    for file in listing.photos:
        was = before.get(file.path)
        if was is None or (was.size, was.mtime_ns) != (file.size, file.mtime_ns):
            was = _examined(inbox, file, max_megapixels)
        if isinstance(was, UnreadableFile):
            unreadable.append(was)
        else:
            key = keys.get(file.path) or partition_key(file.path)
            photos[key] = _with_sidecars(inbox, was, listing)
    return InboxIndex(photos, tuple(unreadable), max_megapixels)


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


def scan(inbox: UPath, known: InboxIndex, settings: IngestSettings) -> Scan:
    """Look through an inbox; files that have not changed since `known` are not opened.

    Args:
        inbox: a folder or an fsspec URL.
        known: the index of the last scan; an empty one to begin with.
        settings: the limit on pixels. With another limit every file is judged anew.

    Raises:
        NstError: there is no such folder.
    """
    listing = list_inbox(inbox)
    index = _index(inbox, listing, known, settings.max_megapixels)
    before, now = known.photos, index.photos
    new = tuple(key for key in now if key not in before)
    deleted = tuple(key for key in before if key not in now)
    changed = (key for key in now if key in before and _content(now[key]) != _content(before[key]))
    moved = _moved(known, index, deleted, new)
    return Scan(index, new, tuple(changed), deleted, moved, listing.ignored)


def save_index(path: UPath, index: InboxIndex) -> None:
    """Write an index as one Parquet file, whole or not at all."""
    files = [*index.photos.values(), *index.unreadable]
    keys = [*index.photos, *(None for _ in index.unreadable)]
    columns = [[getattr(file, name, None) for file in files] for name in _SCHEMA.names[1:]]
    metadata = {_MEGAPIXELS: repr(index.max_megapixels)}
    table = pa.table([keys, *columns], schema=_SCHEMA.with_metadata(metadata))
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_atomically(path, buffer.getvalue())


def _parsed(data: bytes) -> InboxIndex:
    table = pq.read_table(io.BytesIO(data))
    photos, unreadable = {}, []
    rows = table.cast(_SCHEMA.with_metadata(table.schema.metadata)).to_pydict()
    for key, *photo, reason in zip(*rows.values(), strict=True):
        if key is None:
            path, size, mtime_ns, *_ = photo
            unreadable.append(UnreadableFile(path, reason, size, mtime_ns))
        else:
            photos[key] = PhotoFile(*photo)
    limit = float(table.schema.metadata[_MEGAPIXELS])
    return InboxIndex(photos, tuple(unreadable), limit)


def load_index(path: UPath) -> InboxIndex:
    """Read an index; an empty one if there is none.

    A damaged one counts as none, so that the next scan makes it anew; a warning says so.
    """
    if not path.exists():
        return InboxIndex()
    try:
        return _parsed(path.read_bytes())
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        _LOG.warning("%s is damaged (%s): every photo of the inbox is read again", path, error)
        return InboxIndex()
