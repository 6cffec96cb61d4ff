"""Artifacts under `artifacts/<asset>/`: pictures, records and tables, by asset and key."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from upath import UPath

from nst_pipeline.storage.artifact_files import PICTURE, PICTURE_FORMAT, RECORD, file_name
from nst_pipeline.storage.files import remove_leftovers, sizes_in, write_atomically
from nst_pipeline.vision.shapes import Picture

Content = bytes | Picture | Mapping[str, Any] | list[Any]
"""What a file of an artifact is made from: bytes as they are, a picture (PNG), or JSON."""

_CACHE_BYTES = 768 * 1024 * 1024


def sha256(data: bytes) -> str:
    """The digest used everywhere: SHA-256, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def joint_digest(digests: Mapping[str, str]) -> str:
    """One digest for several named files."""
    return sha256("".join(f"{name} {digests[name]}\n" for name in sorted(digests)).encode())


def to_json(value: Any) -> bytes:
    """JSON with sorted keys, so that equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True)
class Written:
    """What stands in the store after a write."""

    path: str
    """The first file, relative to the data root; empty if there is none."""
    files: tuple[str, ...]
    digest: str
    size_bytes: int


class _PictureCache:
    """Decoded pictures that a later asset of the same run reads again, least recent out."""

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
"""One for the process: each step of a run opens the collection anew."""


_WRITERS = 4


class Store:
    """The artifacts of one data root (a folder or an fsspec URL)."""

    def __init__(self, root: UPath) -> None:
        self.root = root
        self._folder: Callable[[str], UPath] = cache(lambda asset: root / "artifacts" / asset)

    def path(self, asset: str, key: str, name: str) -> UPath:
        """Where a file of an artifact stands.

        `name` is what follows the key (`.png`, `.mask.png`); for a whole collection's artifact
        it is the file name itself.
        """
        return self._folder(asset) / file_name(key, name)

    def write(self, asset: str, key: str, files: Mapping[str, Content]) -> Written:
        """Write an artifact's files, each whole or not at all, and return their digest.

        They may be lost in a power cut until `sync_files` has seen them.
        """

        def write(name: str) -> tuple[str, int]:
            data = _encode(files[name])
            write_atomically(self.path(asset, key, name), data, sync=False)
            return sha256(data), len(data)

        if len(files) < 2:
            written = {name: write(name) for name in files}
        else:
            # Encoders, digests and the disk release Python's lock.
            with ThreadPoolExecutor(min(_WRITERS, len(files))) as pool:
                written = dict(zip(files, pool.map(write, files), strict=True))
        digests = {name: digest for name, (digest, _) in written.items()}
        size = sum(each for _, each in written.values())
        first = str(self.path(asset, key, next(iter(files)))) if files else ""
        relative = first.removeprefix(str(self.root)).lstrip("/")
        return Written(relative, tuple(files), joint_digest(digests), size)

    def digest(self, asset: str, key: str, names: tuple[str, ...]) -> str:
        """The joint digest of an artifact's files as they stand."""
        return joint_digest({name: sha256(self.read(asset, key, name)) for name in names})

    def read(self, asset: str, key: str, name: str) -> bytes:
        """A file's bytes.

        Raises:
            FileNotFoundError: it is not there.
        """
        return self.path(asset, key, name).read_bytes()

    def record(self, asset: str, key: str, name: str = RECORD) -> Any:
        """A JSON file's value."""
        return json.loads(self.read(asset, key, name))

    def picture(self, asset: str, key: str, name: str = PICTURE, *, keep: bool = True) -> Picture:
        """A picture, RGB order, read-only; from memory if this process read it before.

        Args:
            asset: the asset.
            key: the artifact.
            name: what follows the key.
            keep: false if nobody is going to read it again.

        Raises:
            FileNotFoundError: it is not there.
        """
        path = self.path(asset, key, name)
        if not keep:
            return PICTURE_FORMAT.decode(path.read_bytes())
        # With what tells one state of the file from another: size, time of change, ETag.
        as_it_is = f"{path} {path.fs.ukey(path.path)}"
        return self.remembered(as_it_is, lambda: PICTURE_FORMAT.decode(path.read_bytes()))

    def remembered(self, name: str, decode: Callable[[], Picture]) -> Picture:
        """A picture by a name of its own, read-only; decoded only if it is not in memory."""
        picture = _CACHE.get(name)
        if picture is None:
            picture = decode()
            picture.flags.writeable = False
            _CACHE.put(name, picture)
        return picture

    def sizes(self, asset: str, names: Iterable[str] | None = None) -> dict[str, int]:
        """File name to size in bytes of what stands under an asset.

        Args:
            asset: the asset.
            names: only these; None: all, by one listing.
        """
        return sizes_in(self._folder(asset), names)

    def remove_leftovers(self, asset: str) -> None:
        """Remove temporary files of processes that were killed."""
        remove_leftovers(self._folder(asset))

    def remove(self, asset: str, key: str, names: tuple[str, ...]) -> None:
        """Remove files that the artifact no longer has; missing ones are no error."""
        for name in names:
            self.path(asset, key, name).unlink(missing_ok=True)


def _encode(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, np.ndarray):
        return PICTURE_FORMAT.encode(content)
    return to_json(content)
