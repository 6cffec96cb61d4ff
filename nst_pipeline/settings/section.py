"""The base class of a section of settings: frozen, strict, and accepting former names."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import NoneType
from typing import Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator

from nst_pipeline.errors import RenamedSettingWarning

_LONGEST_TEXT = 4096
"""Characters; paths are no longer on any system."""


def is_number(annotation: object) -> bool:
    """Whether a type is a number, or a table or list of numbers.

    Examples
    --------
    >>> is_number(int | None), is_number(dict[str, float]), is_number(bool), is_number(str)
    (True, True, False, False)
    """
    inner = get_args(annotation)[1 if get_origin(annotation) is dict else 0 :]
    return all(map(is_number, inner)) if inner else annotation in (int, float, NoneType, ...)


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

    @field_validator("*", mode="before")
    @classmethod
    def _has_numbers(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true and false for numbers, which Python takes for 1 and 0."""
        given = value.values() if isinstance(value, dict) else [value]
        is_truth_value = any(isinstance(each, bool) for each in given)
        if is_truth_value and is_number(cls.model_fields[str(info.field_name)].annotation):
            raise ValueError("give a number, not true or false")
        return value

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
