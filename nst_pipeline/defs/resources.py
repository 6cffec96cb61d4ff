"""The collection that a code location works on."""

import dagster as dg
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.settings import data_root


class CollectionResource(dg.ConfigurableResource[Workspace]):
    """Opens the data root: inboxes, artifacts, catalog, settings."""

    data: str = ""
    """Folder or fsspec URL; empty: the environment variable NST_DATA, or `data`."""

    def open(self) -> Workspace:
        """The collection as it stands now."""
        return open_workspace(UPath(self.data) if self.data else data_root())
