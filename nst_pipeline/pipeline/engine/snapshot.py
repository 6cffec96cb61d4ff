"""The catalog at one moment, for one state of the settings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TypeVar

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import ArtifactState, Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.review import Review, read_review
from nst_pipeline.storage.store import Store

Value = TypeVar("Value")

_BLOCK_KEYS = 10_000
"""Keys of a block: their rows of one asset take about 30 MB."""


class Snapshot:
    """The state of the catalog for planning and making; the rows of each asset are read once.

    Parameters
    ----------
    workspace
        The collection.
    settings
        Settings of this run; None for the collection's own.
    scope
        An inbox and partition keys. For assets of that inbox, only the rows of these keys are read,
        which saves time in a large collection.
    """

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        scope: tuple[Inbox, Collection[str]] | None = None,
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
        """The collection's artifacts."""
        return self.workspace.store

    @cached_property
    def review(self) -> Review:
        """The user's decisions on results."""
        return read_review(self.workspace.root)

    def forget_review(self) -> None:
        """Read the decisions again when they are needed next; the catalog stays as it was."""
        self.__dict__.pop("review", None)

    def _keys_read(self, node: Node) -> Collection[str] | None:
        if self._scope is None or node.inbox != self._scope[0]:
            return None
        return self._scope[1]

    def _rows(self, node: Node) -> Mapping[str, Row]:
        """Return the current rows of an asset by key, within the scope."""
        return self.workspace.catalog.latest(node.name, self._keys_read(node))

    def _states(self, node: Node) -> Mapping[str, ArtifactState]:
        """Return the part of `rows` that planning needs, by key."""
        return self.workspace.catalog.states(node.name, self._keys_read(node))

    def _failures(self, node: Node) -> Mapping[str, str]:
        """Return, by key, why an artifact is unusable: it, or one upstream with its key, failed.

        An artifact whose input has failed since is out of date. It is still shown, but nothing is
        made from it.
        """
        found = {
            key: f"{node.name} failed: {row.error}"
            for key, row in self.states(node).items()
            if row.status == "failed"
        }
        for upstream in node.upstream_with(self.settings):
            if node.inbox is not None and upstream.inbox == node.inbox:
                found |= self.failures(upstream)
        return found

    def _once(self, read: Callable[[Store], Value]) -> Value:
        """Call `read` with the store; later calls with the same function return the same value."""
        return read(self.store)

    def near(self, inbox: Inbox, keys: Sequence[str]) -> Callable[[str], Snapshot]:
        """Return a function that finds a snapshot for one of the sorted keys of an inbox.

        It reads the rows of some thousand keys only, those beside the key: rows of all do not fit
        into memory. Two of these snapshots are kept.
        """

        @lru_cache(maxsize=2)
        def of_block(number: int) -> Snapshot:
            block = keys[number * _BLOCK_KEYS : (number + 1) * _BLOCK_KEYS]
            return Snapshot(self.workspace, self.settings, scope=(inbox, block))

        return lambda key: of_block(bisect_left(keys, key) // _BLOCK_KEYS)

    def sizes(self, node: Node, names: Collection[str]) -> Mapping[str, int]:
        """Return the sizes in bytes of those of an asset's named files that exist, by name."""
        return self.store.sizes(node.name, None if self._keys_read(node) is None else names)

    def keys(self, node: Node) -> list[str]:
        """Return all keys of an asset: those of its inbox's photos, or `ALL` alone."""
        if node.inbox is None:
            return [ALL]
        return list(self.workspace.index(node.inbox).photos)

    def has_key(self, node: Node, key: str) -> bool:
        """Whether an asset has a key, without listing all of them."""
        return key == ALL if node.inbox is None else key in self.workspace.index(node.inbox).photos

    def count(self, node: Node) -> int:
        """Return how many keys an asset has."""
        return 1 if node.inbox is None else len(self.workspace.index(node.inbox).photos)
