"""The catalog at one moment, for one state of the settings."""

from __future__ import annotations

from collections.abc import Collection as Keys
from collections.abc import Mapping
from functools import cache, cached_property

from nst_pipeline.pipeline.engine.graph import BY_NAME, Node
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.pipeline.steps.library import Library, read_library
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import ArtifactState, Row
from nst_pipeline.storage.keys import ALL


class View:
    """What planning and making look at; each asset's rows are read once.

    A run is concerned with few partitions of a large collection: given `scope`, only their rows
    are read of the assets that are partitioned like it.
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
        self.standing = cache(self._standing)
        self.failures = cache(self._failures)

    def _keys_read(self, asset: str) -> Keys[str] | None:
        if self._scope is None or BY_NAME[asset].collection != self._scope[0]:
            return None
        return self._scope[1]

    def _rows(self, asset: str) -> Mapping[str, Row]:
        """The row that counts, for every key of an asset (in scope)."""
        return self.workspace.catalog.latest(asset, self._keys_read(asset))

    def _standing(self, asset: str) -> Mapping[str, ArtifactState]:
        """What planning needs of `rows`."""
        return self.workspace.catalog.states(asset, self._keys_read(asset))

    def _failures(self, asset: str) -> Mapping[str, str]:
        """Key to the reason, of what failed or was made from something that has failed since.

        What such a key holds is of before: it is shown, but nothing more is made from it.
        """
        node, found = BY_NAME[asset], {}
        for key, row in self.standing(asset).items():
            if row.status == "failed":
                found[key] = f"{asset} failed: {row.error}"
        for name in node.upstream:
            if node.collection is not None and BY_NAME[name].collection == node.collection:
                found |= self.failures(name)
        return found

    def sizes(self, asset: str, names: Keys[str]) -> Mapping[str, int]:
        """File name to size in bytes of those named files of an asset that are there."""
        return self.workspace.store.sizes(asset, None if self._keys_read(asset) is None else names)

    def keys(self, node: Node) -> list[str]:
        """All keys of an asset: the photos known to be in its inbox."""
        if node.collection is None:
            return [ALL]
        return list(self.workspace.index(node.collection).photos)

    @cached_property
    def library(self) -> Library | None:
        """The sticker library as it was last written; None before that."""
        return read_library(self.workspace.store)
