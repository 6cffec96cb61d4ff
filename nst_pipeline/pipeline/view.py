"""The catalogue at one moment, for one state of the settings."""

from __future__ import annotations

from functools import cache

from nst_pipeline.pipeline.graph import Node
from nst_pipeline.pipeline.workspace import Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.store import ALL


class View:
    """What planning and making look at; each asset's rows and files are listed once."""

    def __init__(self, workspace: Workspace, settings: Settings | None = None) -> None:
        self.workspace = workspace
        self.settings = settings or workspace.settings
        self.rows = cache(workspace.catalogue.latest)
        self.sizes = cache(workspace.store.sizes)

    def keys(self, node: Node) -> list[str]:
        """All keys of an asset: the photos known to be in its inbox."""
        if node.collection is None:
            return [ALL]
        return list(self.workspace.index(node.collection).photos)
