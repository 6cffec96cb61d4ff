"""The base class of a section of settings: frozen, strict, and accepting former names."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

from nst_pipeline.errors import RenamedSettingWarning

_LONGEST_TEXT = 4096
"""Characters; paths are no longer on any system."""


class Section(BaseModel):
    """A section of settings; rejects unknown names."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=_LONGEST_TEXT
    )

    renamed: ClassVar[Mapping[str, str]] = {}
    """Former name to current name. A former name is still read, with a warning."""

    @model_validator(mode="before")
    @classmethod
    def _accept_former_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        for former in values.keys() & cls.renamed.keys():
            warn_renamed(f"the setting {former}", cls.renamed[former])
        return {cls.renamed.get(name, name): value for name, value in values.items()}

    def canonical(self) -> dict[str, Any]:
        """Return the values as JSON types, each under its first released name.

        Fingerprints cover these names, so that renaming a setting does not remake anything.
        """
        former = {name: old for old, name in self.renamed.items()}
        values = self.model_dump(mode="json")
        return {former.get(name, name): value for name, value in values.items()}


def warn_renamed(former: str, current: str, *, prefix: str = "") -> None:
    """Warn that a setting is given under its former name; `prefix` begins the message."""
    message = f"{prefix}{former} is now called {current}: rename it"
    warnings.warn(message, RenamedSettingWarning, stacklevel=3)
