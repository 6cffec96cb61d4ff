"""Launchpad forms: the settings that determine an asset, as its run config.

Values entered there hold for that run only. Fields left empty are as in `nst.toml`.
"""

from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

import dagster as dg
import yaml
from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.settings import Section, Settings, load_section

_HOW_TO_TRY = (
    "To try other settings in one run, click the arrow beside *Materialize*, choose *Open "
    "launchpad*, and enter the values that should differ from these defaults:"
)
_ONE_RUN_ONLY = "For this run only: the sensor and `nst run` use the settings in `nst.toml`."


@cache
def _choice(values: tuple[str, ...]) -> type[Enum]:
    """Turn a Literal into an enumeration, whose names Dagster's config offers as choices."""
    return Enum("_or_".join(values), {value: value for value in values})  # type: ignore[return-value]  # mypy takes the functional form for an instance


def _config_type(annotation: Any) -> Any:
    """Return the type of a setting in Dagster's config."""
    if get_origin(annotation) is Literal:
        return _choice(get_args(annotation))
    if get_origin(annotation) is list:
        return list[_config_type(get_args(annotation)[0])]  # type: ignore[misc]  # made at run time
    return annotation


def _description(name: str, info: FieldInfo) -> str:
    """Describe a field: its meaning, bounds, and default."""
    limits = ", ".join(str(limit) for limit in info.metadata)
    bounds = f" ({limits})" if limits else ""
    return f"{info.description or name}{bounds} Default: {info.default!r}."


@cache
def _section_form(section: type[Section]) -> type[dg.Config]:
    fields: dict[str, Any] = {
        name: (
            _config_type(info.annotation) | None,
            Field(None, description=_description(name, info)),
        )
        for name, info in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Form", __base__=dg.Config, **fields)


def form(node: Node) -> type[dg.Config]:
    """Return the config class of an asset: its settings sections, every field optional."""
    fields: dict[str, Any] = {}
    for name in node.settings:
        section: type[Section] = type(Settings.model_fields[name].default)
        section_form = _section_form(section)
        description = f"{(section.__doc__ or '').strip()} {_ONE_RUN_ONLY}"
        fields[name] = (section_form, Field(section_form(), description=description))
    return create_model(f"{node.name.title().replace('_', '')}Form", __base__=dg.Config, **fields)


def example(node: Node) -> str:
    """Return an asset's settings at their defaults, as Markdown to copy into the launchpad."""
    if not node.settings:
        return ""
    defaults = {
        name: Settings.model_fields[name].default.model_dump(mode="json") for name in node.settings
    }
    config = yaml.safe_dump({"ops": {node.name: {"config": defaults}}}, sort_keys=False)
    return f"{_HOW_TO_TRY}\n```yaml\n{config}```"


def with_form(settings: Settings, node: Node, filled: dg.Config) -> Settings:
    """Return the settings, updated with the values entered in an asset's launchpad form.

    Raises
    ------
    SettingError
        A value is unusable.
    """
    sections = {}
    for name in node.settings:
        section: Section = getattr(settings, name)
        entered = getattr(filled, name).model_dump(mode="json", exclude_none=True)
        sections[name] = load_section(type(section), section.model_dump() | entered, name)
    return settings.model_copy(update=sections)
