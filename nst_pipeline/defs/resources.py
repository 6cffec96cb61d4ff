"""The collection that a code location works on."""

import threading
import warnings

import dagster as dg
from upath import UPath

from nst_pipeline.errors import RenamedSettingWarning
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.settings import data_root

_WARNINGS = threading.Lock()
"""Held while warnings are recorded, which changes state of the whole process."""


class CollectionResource(dg.ConfigurableResource[Workspace]):
    """Opens the data root: inboxes, artifacts, catalog, settings."""

    data: str = ""
    """Folder or fsspec URL; empty: the environment variable NST_DATA, or `data`."""

    def open(self) -> Workspace:
        """Open the collection as it stands now; a renamed setting is a warning in Dagster's log."""
        with _WARNINGS, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RenamedSettingWarning)
            workspace = open_workspace(UPath(self.data) if self.data else data_root())
        for each in caught:
            dg.get_dagster_logger().warning(str(each.message))
        return workspace
