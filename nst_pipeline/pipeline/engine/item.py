"""One artifact that is being made, and the means to read what it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.records import AnyRecord
from nst_pipeline.storage.store import Content, Store
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class DueArtifact:
    """A key of an asset that is to be made, and all that determines the artifact."""

    key: str
    inputs: tuple[Input, ...]
    fingerprint: str
    empty: str = ""
    """Why there is nothing to make: an upstream artifact is an empty result."""


@dataclass(frozen=True)
class Made:
    """What an asset's function returns.

    Attributes
    ----------
    files
        File name (what follows the key) to content.
    figures
        Numbers and words for the catalog and the UI.
    empty
        Why the result is empty. An empty result is not an error.
    used
        Inputs that were not known beforehand, such as the stickers that a composite shows.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    figures: Mapping[str, float | str] = field(default_factory=dict)
    empty: str = ""
    used: tuple[Input, ...] = ()


@dataclass(frozen=True)
class Item:
    """An artifact to be made."""

    due: DueArtifact
    snapshot: Snapshot

    @property
    def key(self) -> str:
        """The partition key."""
        return self.due.key

    @property
    def workspace(self) -> Workspace:
        """The collection."""
        return self.snapshot.workspace

    @property
    def store(self) -> Store:
        """The artifacts."""
        return self.snapshot.store

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.snapshot.settings

    def picture(
        self, node: Node, name: str = files.PICTURE, key: str | None = None
    ) -> NDArray[np.uint8]:
        """Read a picture of an upstream artifact, by default that of the same key."""
        return self.store.picture(node.name, key or self.key, name)

    def record(self, kind: type[AnyRecord], node: Node, key: str | None = None) -> AnyRecord:
        """Read the record of an upstream artifact, by default that of the same key."""
        return self.store.record(kind, node.name, key or self.key)

    def as_input(self, node: Node, key: str | None = None) -> Input:
        """Return an upstream artifact as an input, with its digest in the catalog."""
        at = key or self.key
        return Input(node.name, at, self.snapshot.states(node)[at].digest)

    def is_empty(self, node: Node) -> bool:
        """Whether the upstream artifact of the same key is an empty result."""
        return self.snapshot.states(node)[self.key].status == "empty"

    def photo(self, collection: Collection) -> Rgb:
        """Decode this key's photo from the inbox."""
        return self.workspace.photo(collection, self.key)
