"""A collection that is open for work: settings, store, catalog, and the two inboxes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings, data_root, load_settings
from nst_pipeline.storage.catalog import Catalog
from nst_pipeline.storage.inbox import OnFile, Scan, compare, examine_again, scan
from nst_pipeline.storage.inbox_index import InboxIndex, PhotoFile, load_index, save_index
from nst_pipeline.storage.store import Store
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.shapes import Rgb

Collection = Literal["objects", "scenes"]
COLLECTIONS: tuple[Collection, Collection] = ("objects", "scenes")

_SAVE_EVERY_SECONDS = 30.0
"""A killed scan repeats at most this much."""


@dataclass(frozen=True)
class Workspace:
    """Everything under one data root."""

    root: UPath
    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The artifacts."""
        return Store(self.root)

    @cached_property
    def catalog(self) -> Catalog:
        """One row for every artifact."""
        return Catalog(self.root)

    @cached_property
    def _indexes(self) -> dict[Collection, InboxIndex]:
        return {}

    def _index_path(self, collection: Collection) -> UPath:
        return self.root / "catalog" / f"inbox_{collection}.parquet"

    def inbox(self, collection: Collection) -> UPath:
        """Return the folder that users drop photos into."""
        return self.root / collection

    def index(self, collection: Collection) -> InboxIndex:
        """Return what the inbox held when it was last scanned."""
        if collection not in self._indexes:
            self._indexes[collection] = load_index(self._index_path(collection))
        return self._indexes[collection]

    def rescan(
        self,
        collection: Collection,
        *,
        seconds: float = math.inf,
        on_file: OnFile = lambda *_: None,
    ) -> Scan:
        """Scan an inbox, and save what it holds now.

        The index is saved every half minute, so that the scan after a killed one continues there.

        Parameters
        ----------
        collection
            The inbox.
        seconds
            About how long to read new and changed files; the next call continues.
        on_file
            Called with how many of them were read, and how many there are.
        """
        known, end = self.index(collection), time.monotonic() + seconds
        while True:
            until = min(end, time.monotonic() + _SAVE_EVERY_SECONDS)
            now = self.index(collection)
            found = scan(
                self.inbox(collection), now, self.settings.ingest, until=until, on_file=on_file
            )
            self._save_index(collection, found.index)
            if not found.pending or time.monotonic() > end:
                return compare(known, found.index, ignored=found.ignored, pending=found.pending)

    def reexamine(self, collection: Collection, key: str) -> None:
        """Scan one photo of an inbox, and save what it is now."""
        settings = self.settings.ingest
        now = examine_again(self.inbox(collection), self.index(collection), key, settings)
        self._save_index(collection, now)

    def _save_index(self, collection: Collection, index: InboxIndex) -> None:
        if index != self.index(collection):
            save_index(self._index_path(collection), index)
            self._indexes[collection] = index

    def photo_file(self, collection: Collection, key: str) -> PhotoFile:
        """Return a photo's place in its inbox.

        Raises
        ------
        NstError
            The last scan found no such photo.
        """
        file = self.index(collection).photos.get(key)
        if file is None:
            raise NstError(f"{self.inbox(collection)} holds no photo with key {key}: scan it again")
        return file

    def photo_bytes(self, collection: Collection, key: str) -> bytes:
        """Read a photo's file."""
        return (self.inbox(collection) / self.photo_file(collection, key).path).read_bytes()

    def photo(self, collection: Collection, key: str) -> Rgb:
        """Decode a photo, once while memory allows.

        Returns
        -------
        ndarray
            (height, width, 3) uint8 sRGB, upright; read-only.

        Raises
        ------
        UnreadableImageError
            The photo cannot be decoded; names the file and the reason.
        """
        file = self.photo_file(collection, key)
        return self.store.remembered(
            f"{collection}/{file.path} {file.digest}",
            lambda: decode_photo(
                self.photo_bytes(collection, key),
                name=str(self.inbox(collection) / file.path),
                max_megapixels=self.settings.ingest.max_megapixels,
            ),
        )


def existing_workspace() -> Workspace:
    """Open the collection of `NST_DATA`, which must exist.

    Commands that only look use it: a mistyped folder must not pass for an empty collection.

    Raises
    ------
    NstError
        There is no such folder.
    SettingError
        Its settings cannot be used.
    """
    root = data_root()
    if not root.is_dir():
        raise NstError(
            f"{root} is not a folder: name your data folder with `nst --data DIR` or NST_DATA, "
            "or run `nst samples`"
        )
    return open_workspace(root)


def open_workspace(root: UPath | None = None) -> Workspace:
    """Open a collection, by default that of `NST_DATA`.

    Raises
    ------
    SettingError
        Its settings cannot be used.
    """
    root = root or data_root()
    return Workspace(root, load_settings(root))
