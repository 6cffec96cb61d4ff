"""An artifact to be made, with access to its inputs, and the result of making it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.records import AnyRecord
from nst_pipeline.storage.store import Content, Store
from nst_pipeline.vision.shapes import Matte, Picture, Rgb


@dataclass(frozen=True)
class DueArtifact:
    """An artifact that is due, and the inputs that it is to be made from."""

    key: str
    inputs: tuple[Input, ...]
    fingerprint: str
    empty: str = ""
    """Why the artifact will be empty: an upstream artifact is. Otherwise empty."""


@dataclass(frozen=True)
class Made:
    """What an asset's function returns.

    Attributes
    ----------
    files
        Content of each file, by its name in `artifact_files`.
    figures
        Numbers and short texts for the catalog and the UI.
    empty
        Why the result is empty, which is not an error; an empty string if it is not.
    used
        Inputs that are known only now, such as the stickers in a composite.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    figures: Mapping[str, float | str] = field(default_factory=dict)
    empty: str = ""
    used: tuple[Input, ...] = ()


@dataclass(frozen=True)
class Item:
    """An artifact to be made, as an asset's function receives it."""

    due: DueArtifact
    snapshot: Snapshot

    @property
    def key(self) -> str:
        """The partition key."""
        return self.due.key

    @property
    def workspace(self) -> Workspace:
        """The collection that the artifact belongs to."""
        return self.snapshot.workspace

    @property
    def store(self) -> Store:
        """The collection's artifacts."""
        return self.snapshot.store

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.snapshot.settings

    def picture(self, node: Node, name: str = files.PICTURE, key: str | None = None) -> Picture:
        """Read a picture of an upstream artifact, by default of the one with the same key."""
        return self.snapshot.picture(node, key or self.key, name)

    def record(self, kind: type[AnyRecord], node: Node, key: str | None = None) -> AnyRecord:
        """Read the record of an upstream artifact, by default of the one with the same key."""
        return self.snapshot.record(kind, node, key or self.key)

    def as_input(self, node: Node, key: str | None = None) -> Input:
        """Return an upstream artifact as an input, with its digest in the catalog."""
        at = key or self.key
        return Input(node.name, at, self.snapshot.states(node)[at].digest)

    def is_empty(self, node: Node) -> bool:
        """Whether the upstream artifact with the same key is empty."""
        return self.snapshot.states(node)[self.key].status == "empty"

    def photo(self, inbox: Inbox) -> Rgb:
        """Decode the photo with this key from an inbox."""
        return self.workspace.photo(inbox, self.key)

    def alpha(self, inbox: Inbox) -> Matte | None:
        """Decode the transparency of the photo with this key; None if it is opaque."""
        return self.workspace.alpha(inbox, self.key)
