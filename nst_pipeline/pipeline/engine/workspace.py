"""An open collection: its settings, store, catalog, and two inboxes."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings, load_settings
from nst_pipeline.storage.catalog import Catalog
from nst_pipeline.storage.data_root import data_root
from nst_pipeline.storage.disk_cache import NO_CACHE, DiskCache, cache_at, cache_folder
from nst_pipeline.storage.inbox import OnFile, Scan, compare, examine_again, scan
from nst_pipeline.storage.inbox_index import InboxIndex, PhotoFile, load_index, save_index
from nst_pipeline.storage.keys import photo_key, variant_keys, variant_number
from nst_pipeline.storage.objects.access import is_object_store
from nst_pipeline.storage.store import Store, sha256
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.shapes import Matte, Rgb

Inbox = Literal["objects", "scenes"]
INBOXES: tuple[Inbox, Inbox] = ("objects", "scenes")

_BYTES_PER_GB = 1_000_000_000
_UNKNOWN_SIZE = -1
_SAVE_EVERY_SECONDS = 30.0
"""A killed scan repeats no more work than this."""


@dataclass(frozen=True)
class Workspace:
    """A collection: everything under one data root."""

    root: UPath
    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The artifacts."""
        return Store(self.root, self.cache)

    @cached_property
    def catalog(self) -> Catalog:
        """One row for every artifact."""
        return Catalog(self.root, self.cache)

    @cached_property
    def cache(self) -> DiskCache:
        """What this machine keeps of an object store on its disk."""
        if not is_object_store(self.root.protocol):
            return NO_CACHE
        return cache_at(cache_folder(), round(self.settings.run.cache_gb * _BYTES_PER_GB))

    @cached_property
    def _scanned(self) -> dict[Inbox, InboxIndex]:
        return {}

    @cached_property
    def _indexes(self) -> dict[Inbox, InboxIndex]:
        return {}

    def _index_path(self, inbox: Inbox) -> UPath:
        return self.root / "catalog" / f"inbox_{inbox}.parquet"

    def inbox_folder(self, inbox: Inbox) -> UPath:
        """Return an inbox's folder, which users put photos into."""
        return self.root / inbox

    def index(self, inbox: Inbox) -> InboxIndex:
        """Return the content of an inbox at its last scan, with the variants of each scene."""
        if inbox not in self._indexes:
            found = self._last_scan(inbox)
            if inbox == "scenes" and self.settings.scenes.variants > 1:
                photos = {
                    key: photo
                    for own, photo in found.photos.items()
                    for key in self.keys_of(inbox, own)
                }
                found = replace(found, photos=photos)
            self._indexes[inbox] = found
        return self._indexes[inbox]

    def keys_of(self, inbox: Inbox, photo: str) -> list[str]:
        """Return a photo's partition keys: its own, and those of a scene's variants."""
        return variant_keys(photo, self.settings.scenes.variants if inbox == "scenes" else 1)

    def _last_scan(self, inbox: Inbox) -> InboxIndex:
        if inbox not in self._scanned:
            self._scanned[inbox] = load_index(self._index_path(inbox))
        return self._scanned[inbox]

    def rescan(
        self,
        inbox: Inbox,
        *,
        seconds: float = math.inf,
        on_file: OnFile = lambda *_: None,
    ) -> Scan:
        """Scan an inbox, and save its index.

        The index is saved every half minute, so that the scan after a killed one continues there.

        Parameters
        ----------
        inbox
            The inbox.
        seconds
            About how long to read new and changed files; the next call continues from there.
        on_file
            Called with the number of them that were read, and the number there are.

        Returns
        -------
        Scan
            How the inbox differs from the index that was saved before.

        Raises
        ------
        NstError
            The inbox does not exist.
        """
        known, end = self._last_scan(inbox), time.monotonic() + seconds
        while True:
            until = min(end, time.monotonic() + _SAVE_EVERY_SECONDS)
            now = self._last_scan(inbox)
            found = scan(
                self.inbox_folder(inbox), now, self.settings.ingest, until=until, on_file=on_file
            )
            self._save_index(inbox, found.index)
            if not found.pending or time.monotonic() > end:
                return compare(known, found.index, ignored=found.ignored, pending=found.pending)

    def look(self, inbox: Inbox, *, on_file: OnFile = lambda *_: None) -> None:
        """Scan an inbox for this process only; the index on disk stays as it is.

        Parameters
        ----------
        inbox
            The inbox.
        on_file
            As in `rescan`.

        Raises
        ------
        NstError
            The inbox does not exist.
        """
        folder, known = self.inbox_folder(inbox), self._last_scan(inbox)
        self._scanned[inbox] = scan(folder, known, self.settings.ingest, on_file=on_file).index
        self._indexes.pop(inbox, None)

    def reexamine(self, inbox: Inbox, key: str) -> None:
        """Scan one photo of an inbox, and save the index."""
        settings = self.settings.ingest
        known = self._last_scan(inbox)
        now = examine_again(self.inbox_folder(inbox), known, photo_key(key), settings)
        self._save_index(inbox, now)

    def read_again(self, inbox: Inbox, paths: Collection[str]) -> None:
        """Make the next scan read some photos again, whatever their sizes and times are."""
        index = self._last_scan(inbox)
        photos = {
            key: replace(photo, size=_UNKNOWN_SIZE) if photo.path in paths else photo
            for key, photo in index.photos.items()
        }
        self._save_index(inbox, replace(index, photos=photos))

    def _save_index(self, inbox: Inbox, index: InboxIndex) -> None:
        if index != self._last_scan(inbox):
            save_index(self._index_path(inbox), index)
            self._scanned[inbox] = index
            self._indexes.pop(inbox, None)

    def photo_file(self, inbox: Inbox, key: str) -> PhotoFile:
        """Return a photo's path in its inbox, and its digests.

        Raises
        ------
        NstError
            The last scan found no such photo.
        """
        file = self.index(inbox).photos.get(key)
        if file is None:
            raise NstError(
                f"{self.inbox_folder(inbox)} has no photo with key {key}: scan it again with "
                "`nst run`"
            )
        return file

    def scene_title(self, key: str) -> str:
        """Return the path of a scene's photo, with the number of a variant.

        Raises
        ------
        NstError
            The last scan found no such scene.
        """
        path, number = self.photo_file("scenes", key).path, variant_number(key)
        return path if number == 1 else f"{path} ({number})"

    def photo_bytes(self, inbox: Inbox, key: str) -> bytes:
        """Read a photo's file."""
        file = self.photo_file(inbox, key)
        data = self.cache.get(file.digest)
        if data is None:
            data = (self.inbox_folder(inbox) / file.path).read_bytes()
            if self.cache.keeps and sha256(data) == file.digest:  # else it changed since the scan
                self.cache.put(file.digest, data)
        return data

    def photo(self, inbox: Inbox, key: str) -> Rgb:
        """Decode a photo, or return it from memory if this process decoded it before.

        Returns
        -------
        Rgb
            (height, width, 3) uint8 sRGB, upright; read-only.

        Raises
        ------
        NstError
            The last scan found no such photo.
        UnreadableImageError
            The photo cannot be decoded; the message names the file and the reason.
        """
        file = self.photo_file(inbox, key)
        return self.store.remembered(
            f"{inbox}/{file.path} {file.digest}",
            lambda: decode_photo(
                self.photo_bytes(inbox, key),
                name=str(self.inbox_folder(inbox) / file.path),
                max_megapixels=self.settings.ingest.max_megapixels,
            ),
        )

    def alpha(self, inbox: Inbox, key: str) -> Matte | None:
        """Decode a photo's own transparency.

        Returns
        -------
        Matte or None
            (height, width) float32, 0..1, upright; None if the photo is opaque.

        Raises
        ------
        NstError
            The last scan found no such photo.
        UnreadableImageError
            The photo cannot be decoded.
        """
        limit = self.settings.ingest.max_megapixels
        return decode_alpha(self.photo_bytes(inbox, key), max_megapixels=limit)


def existing_workspace() -> Workspace:
    """Open the collection that `NST_DATA` names, if its folder exists.

    Commands that create nothing use this, so that a mistyped folder does not pass for an empty
    collection.

    Raises
    ------
    NstError
        There is no such folder.
    SettingError
        A setting of the collection is unknown or has an unusable value.
    """
    root = data_root()
    if not root.is_dir():
        raise NstError(
            f"{root} is not a folder: name your data folder with `nst --data DIR` or NST_DATA, "
            "or run `nst samples`"
        )
    return open_workspace(root)


def open_workspace(root: UPath | None = None) -> Workspace:
    """Open a collection, by default the one that `NST_DATA` names.

    Raises
    ------
    SettingError
        A setting of the collection is unknown or has an unusable value.
    """
    root = root or data_root()
    return Workspace(root, load_settings(root))
