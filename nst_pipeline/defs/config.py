"""Launchpad forms: the settings that determine an asset, as its run config.

What a run sets there holds for that run; what stands in `nst.toml` is the form's default.
"""

from functools import cache
from typing import Any, Literal, get_args, get_origin

import dagster as dg
from pydantic import Field, create_model

from nst_pipeline.pipeline.graph import Node
from nst_pipeline.settings import Section, Settings, load_section


def _plain(annotation: Any) -> Any:
    """Dagster's config knows no Literal; the settings check the value afterwards."""
    if get_origin(annotation) is Literal:
        return str
    if get_origin(annotation) is list and get_origin(get_args(annotation)[0]) is Literal:
        return list[str]
    return annotation


@cache
def _section_form(section: type[Section]) -> type[dg.Config]:
    fields: dict[str, Any] = {
        name: (_plain(info.annotation), Field(info.default, description=info.description))
        for name, info in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Form", __base__=dg.Config, **fields)


def form(node: Node, settings: Settings) -> type[dg.Config]:
    """The config class of an asset: its settings sections, with the collection's values."""
    fields: dict[str, Any] = {}
    for name in node.settings:
        section: Section = getattr(settings, name)
        shape = _section_form(type(section))
        description = (type(section).__doc__ or "").strip()
        fields[name] = (shape, Field(shape(**section.model_dump()), description=description))
    return create_model(f"{node.name.title().replace('_', '')}Form", __base__=dg.Config, **fields)


def with_form(settings: Settings, node: Node, filled: dg.Config) -> Settings:
    """The settings with what the launchpad says about this asset.

    Raises:
        SettingError: a value is out of range.
    """
    sections = {
        name: load_section(type(getattr(settings, name)), getattr(filled, name).model_dump(), name)
        for name in node.settings
    }
    return settings.model_copy(update=sections)
