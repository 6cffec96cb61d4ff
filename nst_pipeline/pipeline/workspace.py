"""A collection opened for work: settings, store, catalogue and the two inboxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from upath import UPath

from nst_pipeline.settings import Settings, data_root, load_settings
from nst_pipeline.storage.catalogue import Catalogue
from nst_pipeline.storage.inbox import InboxIndex, load_index, save_index, scan
from nst_pipeline.storage.store import Store

Collection = Literal["objects", "scenes"]
COLLECTIONS: tuple[Collection, Collection] = ("objects", "scenes")


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
    def catalogue(self) -> Catalogue:
        """One row for every artifact."""
        return Catalogue(self.root)

    def inbox(self, collection: Collection) -> UPath:
        """The folder that photos are dropped into."""
        return self.root / collection
