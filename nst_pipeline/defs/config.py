"""Launchpad forms: the settings that determine an asset, as its run config.

What a run sets there holds for that run; what it leaves open is as in `nst.toml`.
"""

from functools import cache
from typing import Any, Literal, get_args, get_origin

import dagster as dg
from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from nst_pipeline.pipeline.graph import Node
from nst_pipeline.settings import Section, Settings, load_section


def _plain(annotation: Any) -> Any:
    """Dagster's config knows no Literal; the settings check the value afterwards."""
    if get_origin(annotation) is Literal:
        return str
    if get_origin(annotation) is list and get_origin(get_args(annotation)[0]) is Literal:
        return list[str]
    return annotation


def _description(name: str, info: FieldInfo) -> str:
    """What a field means, what it may be, and what it is without being set."""
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    allowed = f" One of {', '.join(choices)}." if choices else ""
    limits = ", ".join(str(limit) for limit in info.metadata)
    bounds = f" ({limits})" if limits else ""
    return f"{info.description or name}{allowed}{bounds} Default: {info.default!r}."


@cache
def _section_form(section: type[Section]) -> type[dg.Config]:
    fields: dict[str, Any] = {
        name: (
            _plain(info.annotation) | None,
            Field(None, description=_description(name, info)),
        )
        for name, info in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Form", __base__=dg.Config, **fields)


def form(node: Node) -> type[dg.Config]:
    """The config class of an asset: its settings sections, every field open."""
    told = "For this run alone: the sensor and `nst run` go back to what `nst.toml` says."
    fields: dict[str, Any] = {}
    for name in node.settings:
        section: type[Section] = type(Settings.model_fields[name].default)
        shape = _section_form(section)
        fields[name] = (
            shape,
            Field(shape(), description=f"{(section.__doc__ or '').strip()} {told}"),
        )
    return create_model(f"{node.name.title().replace('_', '')}Form", __base__=dg.Config, **fields)


def with_form(settings: Settings, node: Node, filled: dg.Config) -> Settings:
    """The settings with what the launchpad says about this asset.

    Raises:
        SettingError: a value is out of range.
    """
    sections = {}
    for name in node.settings:
        section: Section = getattr(settings, name)
        said = getattr(filled, name).model_dump(exclude_none=True)
        sections[name] = load_section(type(section), section.model_dump() | said, name)
    return settings.model_copy(update=sections)
