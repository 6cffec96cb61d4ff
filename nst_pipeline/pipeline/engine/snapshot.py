"""The catalog at one moment, for one state of the settings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.artifact_files import PICTURE
from nst_pipeline.storage.catalog import ArtifactState, Catalog, Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.records import AnyRecord
from nst_pipeline.storage.review import Review, read_review
from nst_pipeline.storage.store import Store
from nst_pipeline.vision.shapes import Picture

Value = TypeVar("Value")

BLOCK_KEYS = 10_000
"""Keys of a block: their rows of one asset take about 30 MB."""
_FEW_KEYS = 20_000
"""Up to so many keys, reading their rows alone saves time and memory."""
_NOTHING = pa.scalar(None, pa.string())


class StateColumns(NamedTuple):
    """States of an asset's artifacts, in the order of its keys; null where there is none."""

    status: pa.Array
    digest: pa.Array
    failed: pa.Array
    """bool: whether it, or one upstream of it, failed."""

    @property
    def usable(self) -> pa.Array:
        """Digests of the artifacts that something may be made from."""
        return pc.if_else(self.failed, _NOTHING, self.digest)


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
        self._catalog: Callable[[], Catalog] = cache(lambda: workspace.catalog.at_this_moment())
        self.rows = cache(self._rows)
        self.states = cache(self._states)
        self.bad_states = cache(self._bad_states)
        self.columns = cache(self._columns)
        self._inbox_keys = cache(self._read_inbox_keys)
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
        return self._catalog().latest(node.name, self._keys_read(node))

    def _states(self, node: Node) -> Mapping[str, ArtifactState]:
        """Return the part of `rows` that planning needs, by key."""
        return self._catalog().states(node.name, self._keys_read(node))

    def _bad_states(self, node: Node) -> Mapping[str, ArtifactState]:
        """Return the states of the artifacts that failed or are empty, by key."""
        return self._catalog().bad_states(node.name, self._keys_read(node))

    def key_column(self, node: Node) -> pa.Array:
        """Return the keys of an asset as a column."""
        return self._inbox_keys(node.inbox)

    def _read_inbox_keys(self, inbox: Inbox | None) -> pa.Array:
        keys = [ALL] if inbox is None else list(self.workspace.index(inbox).photos)
        return pa.array(keys, pa.string())

    def _aligned(self, node: Node, *names: str) -> Iterator[pa.Array]:
        """Yield columns of an asset's rows, in the order of its keys."""
        read, keys = self._catalog().columns, self.key_column(node)
        table = read(node.name, ("key", *names), self._keys_read(node))
        at = pc.index_in(keys, table["key"].combine_chunks())
        for name in names:
            yield table[name].combine_chunks().take(at)

    def _columns(self, node: Node) -> StateColumns:
        """Return the states of an asset's artifacts as columns, in the order of `keys`."""
        status, digest = self._aligned(node, "status", "digest")
        failures = pa.array(self.failures(node), pa.string())
        return StateColumns(status, digest, pc.is_in(self.key_column(node), failures))

    def fingerprints(self, node: Node) -> pa.Array:
        """Return the fingerprints of an asset's artifacts that did not fail, as `columns`."""
        status, fingerprint = self._aligned(node, "status", "fingerprint")
        return pc.if_else(pc.equal(status, "failed"), _NOTHING, fingerprint)

    def _failures(self, node: Node) -> Mapping[str, str]:
        """Return, by key, why an artifact is unusable: it, or one upstream with its key, failed.

        An artifact whose input has failed since is out of date. It is still shown, but nothing is
        made from it.
        """
        found = {
            key: f"{node.name} failed: {row.error}"
            for key, row in self.bad_states(node).items()
            if row.status == "failed"
        }
        for upstream in node.upstream_with(self.settings):
            if node.inbox is not None and upstream.inbox == node.inbox:
                found |= self.failures(upstream)
        return found

    def _once(self, read: Callable[[Store], Value]) -> Value:
        """Call `read` with the store; later calls with the same function return the same value."""
        return read(self.store)

    def only(self, node: Node, keys: Collection[str]) -> Snapshot:
        """Return a snapshot that reads the rows of some of an asset's keys, if they are few."""
        if self._scope is not None or node.inbox is None or len(keys) > _FEW_KEYS:
            return self
        found = self._within(node.inbox, keys)
        found.once = self.once
        return found

    def _within(self, inbox: Inbox, keys: Collection[str]) -> Snapshot:
        """Return a snapshot of the same moment that reads the rows of some keys."""
        found = Snapshot(self.workspace, self.settings, scope=(inbox, keys))
        found._catalog = self._catalog
        return found

    def picture(self, node: Node, key: str, name: str = PICTURE, *, keep: bool = True) -> Picture:
        """Read a picture of an artifact, as `Store.picture` does."""
        state = self._state(node, key)
        return self.store.picture(node.name, key, name, keep=keep, state=state)

    def record(self, kind: type[AnyRecord], node: Node, key: str) -> AnyRecord:
        """Read the record of an artifact, as `Store.record` does."""
        return self.store.record(kind, node.name, key, state=self._state(node, key))

    def read(self, node: Node, key: str, name: str) -> bytes:
        """Read a file of an artifact, as `Store.read` does."""
        return self.store.read(node.name, key, name, state=self._state(node, key))

    def _state(self, node: Node, key: str) -> ArtifactState | None:
        """Return an artifact's state; None, without a look into the catalog, if it is not used."""
        return self.states(node).get(key) if self.store.cache.keeps else None

    def near(self, inbox: Inbox, keys: Sequence[str]) -> Callable[[str], Snapshot]:
        """Return a function that finds a snapshot for one of the sorted keys of an inbox.

        It reads the rows of some thousand keys only, those beside the key: rows of all do not fit
        into memory. Two of these snapshots are kept.
        """

        @lru_cache(maxsize=2)
        def of_block(number: int) -> Snapshot:
            block = keys[number * BLOCK_KEYS : (number + 1) * BLOCK_KEYS]
            return self._within(inbox, block)

        return lambda key: of_block(bisect_left(keys, key) // BLOCK_KEYS)

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
