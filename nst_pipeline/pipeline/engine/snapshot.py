"""The catalog at one moment, for one state of the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Collection as Keys
from functools import cache
from typing import TypeVar

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import ArtifactState, Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.store import Store

Value = TypeVar("Value")


class Snapshot:
    """What planning and making look at. Each asset's rows are read once.

    Parameters
    ----------
    workspace
        The collection.
    settings
        Those of this run; None: the collection's own.
    scope
        The partitions that a run is about. Of a large collection, only the rows of these keys are
        read, for the assets that are partitioned like them.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        scope: tuple[Collection, Keys[str]] | None = None,
    ) -> None:
        self.workspace = workspace
        self.settings = settings or workspace.settings
        self._scope = scope
        self.rows = cache(self._rows)
        self.states = cache(self._states)
        self.failures = cache(self._failures)
        self.once = cache(self._once)

    @property
    def store(self) -> Store:
        """The artifacts."""
        return self.workspace.store

    def _keys_read(self, node: Node) -> Keys[str] | None:
        if self._scope is None or node.collection != self._scope[0]:
            return None
        return self._scope[1]

    def _rows(self, node: Node) -> Mapping[str, Row]:
        """Key to the row that counts, of an asset (within the scope)."""
        return self.workspace.catalog.latest(node.name, self._keys_read(node))

    def _states(self, node: Node) -> Mapping[str, ArtifactState]:
        """The part of `rows` that planning needs."""
        return self.workspace.catalog.states(node.name, self._keys_read(node))

    def _failures(self, node: Node) -> Mapping[str, str]:
        """Key to reason, of what failed or was made from something that has failed since.

        Such an artifact is out of date: it is shown, but nothing more is made from it.
        """
        found = {
            key: f"{node.name} failed: {row.error}"
            for key, row in self.states(node).items()
            if row.status == "failed"
        }
        for upstream in node.upstream:
            if node.collection is not None and upstream.collection == node.collection:
                found |= self.failures(upstream)
        return found

    def _once(self, read: Callable[[Store], Value]) -> Value:
        """Read something from the store once for this snapshot."""
        return read(self.store)

    def sizes(self, node: Node, names: Keys[str]) -> Mapping[str, int]:
        """File name to size in bytes, of an asset's named files that exist."""
        return self.store.sizes(node.name, None if self._keys_read(node) is None else names)

    def keys(self, node: Node) -> list[str]:
        """All keys of an asset: one for each photo known to be in its inbox."""
        if node.collection is None:
            return [ALL]
        return list(self.workspace.index(node.collection).photos)
