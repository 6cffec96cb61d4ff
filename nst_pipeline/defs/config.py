"""Launchpad forms: the settings that determine an asset, as its run config.

What a run sets there holds for that run; what it leaves open is as in `nst.toml`.
"""

import json
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

import dagster as dg
from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.settings import Section, Settings, load_section

_TO_TRY = (
    "To try other settings for one run: the arrow beside *Materialize*, *Open launchpad*, and "
    "there what is to be different of this (the defaults):"
)


@cache
def _choice(values: tuple[str, ...]) -> type[Enum]:
    """Dagster's config knows no Literal, but offers an enumeration's names to choose from."""
    return Enum("_or_".join(values), {value: value for value in values})  # type: ignore[return-value]


def _formed(annotation: Any) -> Any:
    """A setting's type as Dagster's config has it."""
    if get_origin(annotation) is Literal:
        return _choice(get_args(annotation))
    if get_origin(annotation) is list:
        return list[_formed(get_args(annotation)[0])]  # type: ignore[misc]
    return annotation


def _description(name: str, info: FieldInfo) -> str:
    """What a field means, its bounds, and what it is without being set."""
    limits = ", ".join(str(limit) for limit in info.metadata)
    bounds = f" ({limits})" if limits else ""
    return f"{info.description or name}{bounds} Default: {info.default!r}."


@cache
def _section_form(section: type[Section]) -> type[dg.Config]:
    fields: dict[str, Any] = {
        name: (
            _formed(info.annotation) | None,
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


def _yaml(value: Any) -> str:
    """A value in YAML; JSON but for numbers such as 1e-06, which YAML takes for text."""
    text = json.dumps(value)
    return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text


def example(node: Node) -> str:
    """What to write in the launchpad, in Markdown: all settings of the asset, at their defaults."""
    if not node.settings:
        return ""
    lines = ["ops:", f"  {node.name}:", "    config:"]
    for name in node.settings:
        section: Section = Settings.model_fields[name].default
        lines.append(f"      {name}:")
        lines += [f"        {k}: {_yaml(v)}" for k, v in section.model_dump(mode="json").items()]
    return "\n".join([_TO_TRY, "```yaml", *lines, "```"])


def with_form(settings: Settings, node: Node, filled: dg.Config) -> Settings:
    """The settings with what the launchpad says about this asset.

    Raises:
        SettingError: a value is out of range.
    """
    sections = {}
    for name in node.settings:
        section: Section = getattr(settings, name)
        said = getattr(filled, name).model_dump(mode="json", exclude_none=True)
        sections[name] = load_section(type(section), section.model_dump() | said, name)
    return settings.model_copy(update=sections)
