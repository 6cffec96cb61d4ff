"""Read and write artifacts, the files under `artifacts/<asset>/`, by asset and key."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from upath import UPath

from nst_pipeline.storage.artifact_files import (
    PICTURE,
    PICTURE_FORMAT,
    RECORD,
    decode_picture,
    file_name,
)
from nst_pipeline.storage.catalog.rows import ArtifactState, Row
from nst_pipeline.storage.disk_cache import NO_CACHE, DiskCache
from nst_pipeline.storage.files import (
    fill_atomically,
    remove_file,
    remove_leftovers,
    sizes_in,
    write_atomically,
)
from nst_pipeline.storage.objects.access import is_object_store
from nst_pipeline.storage.records import AnyRecord, Record, RecordList, dump_record, parse_record
from nst_pipeline.vision.shapes import Picture


@dataclass(frozen=True)
class Pieces:
    """Content that is too large for memory, written piece by piece to the file given."""

    write: Callable[[BinaryIO], object]


Content = bytes | Pieces | Picture | Record | RecordList[Any]
"""Content of a file: bytes as they are, also in pieces, a picture (in `PICTURE_FORMAT`), or a
record (JSON)."""

_CACHE_BYTES = 768 * 1024 * 1024


def sha256(data: bytes) -> str:
    """Return the digest that this package uses everywhere: SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def joint_digest(digests: Mapping[str, str]) -> str:
    """Combine the digests of several named files into one."""
    return sha256("".join(f"{name} {digests[name]}\n" for name in sorted(digests)).encode())


@dataclass(frozen=True)
class Written:
    """An artifact's files after a write."""

    path: str
    """First file, relative to the data root; empty without files."""
    files: tuple[str, ...]
    digest: str
    size_bytes: int


class _PictureCache:
    """Decoded pictures that a later asset of the same run reads again; drops the least recent."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._held = limit_bytes, 0
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str) -> Picture | None:
        with self._lock:
            picture = self._pictures.get(path)
            if picture is not None:
                self._pictures.move_to_end(path)
            return picture

    def put(self, path: str, picture: Picture) -> None:
        with self._lock:
            old = self._pictures.pop(path, None)
            self._held += picture.nbytes - (0 if old is None else old.nbytes)
            self._pictures[path] = picture
            while self._held > self._limit:
                self._held -= self._pictures.popitem(last=False)[1].nbytes


_CACHE = _PictureCache(_CACHE_BYTES)
"""Shared by the whole process, because each step of a run opens the collection again."""

_MAX_WRITERS = 4
"""Threads that encode and write one artifact's files."""
_LARGE_BYTES = 256 * 1024
"""Contents below this are written faster than a thread starts."""


class Store:
    """The artifacts of one data root.

    Parameters
    ----------
    root
        A folder or an fsspec URL.
    disk_cache
        Keeps files of artifacts whose state is given, and those that are written.

    Examples
    --------
    >>> import tempfile
    >>> from nst_pipeline.storage.records import Losses
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(UPath(folder))
    ...     written = store.write("stylized_vgg19", "cat-1a2b3c4d", {RECORD: Losses((2.5, 1.0))})
    ...     written.path, list(store.record(Losses, "stylized_vgg19", "cat-1a2b3c4d"))
    ('artifacts/stylized_vgg19/cat-1a2b3c4d.json', [2.5, 1.0])
    """

    def __init__(self, root: UPath, disk_cache: DiskCache = NO_CACHE) -> None:
        self.root, self.cache = root, disk_cache
        self.folder: Callable[[str], UPath] = cache(lambda asset: root / "artifacts" / asset)
        """Returns the folder of an asset's files."""

    def path(self, asset: str, key: str, name: str) -> UPath:
        """Return the path of an artifact's file; `name` is one of `artifact_files`."""
        return self.folder(asset) / file_name(key, name)

    def write(self, asset: str, key: str, files: Mapping[str, Content]) -> Written:
        """Write an artifact's files, each whole or not at all.

        A power cut may lose them until `sync_files` was called for them.

        Parameters
        ----------
        asset, key
            The artifact.
        files
            Content of each file, by its name in `artifact_files`.

        Returns
        -------
        Written
            The files' names, joint digest, and total size.

        Raises
        ------
        OSError
            A file cannot be written.
        """

        kept: dict[str, bytes] = {}

        def write(name: str) -> tuple[str, int]:
            path, content = self.path(asset, key, name), files[name]
            if isinstance(content, Pieces):
                return _write_pieces(path, content)
            data = _encode(content)
            write_atomically(path, data, sync=False)
            if self.cache.keeps:
                kept[name] = data
            return sha256(data), len(data)

        large = sum(_size_of(each) >= _LARGE_BYTES for each in files.values())
        # In an object store, each file costs the time of a request, however small it is.
        if large < 2 and not (len(files) > 1 and is_object_store(self.root.protocol)):
            written = {name: write(name) for name in files}
        else:
            # Encoders, digests and the disk release Python's lock.
            with ThreadPoolExecutor(min(_MAX_WRITERS, len(files))) as pool:
                written = dict(zip(files, pool.map(write, files), strict=True))
        digests = {name: digest for name, (digest, _) in written.items()}
        digest, size = joint_digest(digests), sum(each for _, each in written.values())
        self._keep(asset, key, kept, digest)
        first = str(self.path(asset, key, next(iter(files)))) if files else ""
        relative = first.removeprefix(str(self.root)).lstrip("/")
        return Written(relative, tuple(files), digest, size)

    def digest(self, asset: str, key: str, names: tuple[str, ...]) -> str:
        """Read an artifact's files and return their joint digest.

        Raises
        ------
        FileNotFoundError
            A file does not exist.
        """
        return joint_digest({name: sha256(self.read(asset, key, name)) for name in names})

    def read(
        self, asset: str, key: str, name: str, *, state: ArtifactState | Row | None = None
    ) -> bytes:
        """Read a file.

        Parameters
        ----------
        asset, key, name
            The artifact, and which of its files.
        state
            The artifact in the catalog: with it, what this machine keeps is used.

        Raises
        ------
        FileNotFoundError
            It does not exist.
        """
        if state is None or not self.cache.keeps:
            return self.path(asset, key, name).read_bytes()
        kept = self.cache.get(_kept_name(asset, key, name, state.digest))
        return self._fetched(asset, key, name, state) if kept is None else kept

    def _fetched(self, asset: str, key: str, name: str, state: ArtifactState | Row) -> bytes:
        """Read a file, and keep the artifact's files if together they have its digest.

        A run that makes it anew may have written some, and not yet its row.
        """
        found = {name: self.read(asset, key, name)}
        with suppress(FileNotFoundError):
            found |= {each: self.read(asset, key, each) for each in state.files if each != name}
            if joint_digest({each: sha256(found[each]) for each in found}) == state.digest:
                self._keep(asset, key, found, state.digest)
        return found[name]

    def _keep(self, asset: str, key: str, files: Mapping[str, bytes], digest: str) -> None:
        for name, data in files.items():
            self.cache.put(_kept_name(asset, key, name, digest), data)

    def record(
        self,
        kind: type[AnyRecord],
        asset: str,
        key: str,
        name: str = RECORD,
        *,
        state: ArtifactState | Row | None = None,
    ) -> AnyRecord:
        """Read a record; the arguments are those of `read`.

        Raises
        ------
        FileNotFoundError
            It does not exist.
        DamagedRecordError
            It is not a record of this kind.
        """
        data = self.read(asset, key, name, state=state)
        return parse_record(kind, data, str(self.path(asset, key, name)))

    def picture(
        self,
        asset: str,
        key: str,
        name: str = PICTURE,
        *,
        keep: bool = True,
        state: ArtifactState | Row | None = None,
    ) -> Picture:
        """Read a picture, from memory if this process read it before.

        Parameters
        ----------
        asset, key
            The artifact.
        name
            One of `artifact_files`.
        keep
            Keep it in memory; pass False if it will not be read again.
        state
            As in `read`.

        Returns
        -------
        numpy.ndarray
            uint8, gray (H, W), RGB (H, W, 3) or RGBA (H, W, 4); read-only if kept.

        Raises
        ------
        FileNotFoundError
            The file does not exist.
        UnreadableImageError
            The file is damaged.
        """

        def decode() -> Picture:
            return decode_picture(name, self.read(asset, key, name, state=state))

        if not keep:
            return decode()
        path = self.path(asset, key, name)
        if state is not None and self.cache.keeps:
            return self.remembered(f"{path} {state.digest}", decode)
        # fsspec's key identifies a version of the file by its size and time of change, or ETag.
        return self.remembered(f"{path} {path.fs.ukey(path.path)}", decode)

    def remembered(self, name: str, decode: Callable[[], Picture]) -> Picture:
        """Return a picture by a unique name, read-only; call `decode` if it is not in memory."""
        picture = _CACHE.get(name)
        if picture is None:
            picture = decode()
            picture.flags.writeable = False
            _CACHE.put(name, picture)
        return picture

    def sizes(self, asset: str, names: Iterable[str] | None = None) -> dict[str, int]:
        """Return the sizes in bytes of an asset's files, by file name.

        Parameters
        ----------
        asset
            The asset.
        names
            Only these files; None: all, with one listing.
        """
        return sizes_in(self.folder(asset), names)

    def remove_leftovers(self, asset: str) -> None:
        """Remove an asset's unfinished files that killed processes left behind."""
        remove_leftovers(self.folder(asset))

    def remove(self, asset: str, key: str, names: tuple[str, ...]) -> None:
        """Remove files of an artifact; missing ones are no error."""
        for name in names:
            remove_file(self.path(asset, key, name))


def _kept_name(asset: str, key: str, name: str, digest: str) -> str:
    return f"{asset} {file_name(key, name)} {digest}"


def _write_pieces(path: UPath, content: Pieces) -> tuple[str, int]:
    """Write a file piece by piece; return its digest and size."""
    digest, size = "", 0

    def fill(temporary: Path) -> None:
        nonlocal digest, size
        with temporary.open("wb") as file:
            content.write(file)
        with temporary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = temporary.stat().st_size

    fill_atomically(path, fill)
    return digest, size


def _size_of(content: Content) -> int:
    """Return the size of bytes or of a decoded picture; 0 for a record."""
    if isinstance(content, np.ndarray):
        return content.nbytes
    return len(content) if isinstance(content, bytes) else 0


def _encode(content: bytes | Picture | Record | RecordList[Any]) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, np.ndarray):
        return PICTURE_FORMAT.encode(content)
    return dump_record(content)
