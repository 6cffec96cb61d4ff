"""The resource that opens the collection."""

import threading
import warnings

import dagster as dg
from pydantic import Field

from nst_pipeline.errors import RenamedSettingWarning, SettingError, StorageError
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.settings import Settings, load_settings
from nst_pipeline.storage.data_root import data_root, root_at

_WARNINGS = threading.Lock()
"""Held while warnings are recorded, which changes the state of the whole process."""


class CollectionResource(dg.ConfigurableResource[Workspace]):
    """A collection: the data root with its inboxes, artifacts, catalog and settings."""

    data: str = Field(
        default="", description="Folder or fsspec URL. If empty: the value of NST_DATA, or `data`."
    )

    def open(self) -> Workspace:
        """Open the collection; log a warning for each setting under a former name.

        Raises
        ------
        SettingError
            A setting of the collection is unknown or has an unusable value.
        StorageError
            The object store cannot be used.
        """
        with _WARNINGS, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RenamedSettingWarning)
            workspace = open_workspace(root_at(self.data) if self.data else data_root())
        for each in caught:
            dg.get_dagster_logger().warning(str(each.message))
        return workspace


def settings_when_loaded() -> Settings:
    """Return the settings of the collection that `NST_DATA` names.

    Those that are unusable or out of reach count as the defaults, so that the UI starts; each run
    fails with the reason.
    """
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore", RenamedSettingWarning)  # each run logs it
        try:
            return load_settings(data_root())
        except (SettingError, StorageError):
            return Settings.model_construct()
