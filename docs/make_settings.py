"""Write docs/reference/settings.md from the settings themselves: `python docs/make_settings.py`."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from nst_pipeline.settings import Section, Settings

PAGE = Path(__file__).parent / "reference" / "settings.md"

_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
"""How pydantic names a limit, and how people write it."""
_INTRODUCTION = """\
# Settings

Written by `python docs/make_settings.py`; a test checks that it is current.

A setting is looked for in three places; the first that has it wins:

1. the launchpad of a run in the Dagster UI, for that run (settings of the assets it makes);
2. the environment: `NST_<SECTION>__<NAME>`, lists as JSON, as in
   `NST_PLACEMENT__STICKERS_PER_SCENE=2` or `NST_DETECTION__METHODS='["sidecar", "hog"]'`;
3. `nst.toml` in the data root, one table for each section:

   ```toml
   [placement]
   stickers_per_scene = 2
   ```

Unknown names and values out of range are refused with one line that names them. A changed setting
remakes the artifacts of the assets named with its section, and what depends on them.
"""
_VARIABLES = """
## Environment only

| variable | meaning | default |
|---|---|---|
| `NST_DATA` | the data root, a folder: inboxes, artifacts, catalog, `nst.toml` | `data` |
| `DAGSTER_HOME` | the folder with `dagster.yaml`; Dagster keeps its runs there | `dagster_home` |
| `NST_MODELS` | where built models are kept | `~/.cache/nst_pipeline/models` |
| `KERAS_HOME` | Keras' own: `models/` in it holds VGG19's ImageNet weights | `~/.keras` |
| `TFHUB_CACHE_DIR` | TensorFlow Hub's own: where downloaded models are kept | a temporary folder |
"""


def _kind(annotation: Any) -> str:
    """A type in words: what to write in the file."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in parts)
    if origin is list:
        return f"list of {_kind(parts[0])}"
    if origin is types.UnionType:
        return " or ".join(_kind(part) for part in parts)
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}[annotation]


def _limits(field: FieldInfo) -> str:
    found = [
        f"{sign} {getattr(limit, name)}"
        for limit in field.metadata
        for name, sign in _SIGNS.items()
        if hasattr(limit, name)
    ]
    return f" ({', '.join(found)})" if found else ""


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')


def _used_by(section: str) -> list[str]:
    from nst_pipeline.pipeline.steps import ASSETS

    return [f"`{asset.name}`" for asset in ASSETS if section in asset.settings]


def _section(name: str, section: type[Section]) -> Iterator[str]:
    yield f"\n## `[{name}]`\n"
    used_by = _used_by(name)
    determines = f" Determines {', '.join(used_by)}." if used_by else ""
    yield f"{(section.__doc__ or '').strip()}{determines}\n"
    yield "| name | value | default | meaning |"
    yield "|---|---|---|---|"
    for field_name, field in section.model_fields.items():
        value = _kind(field.annotation) + _limits(field)
        meaning = (field.description or "").replace("|", "\\|")
        yield f"| `{field_name}` | {value} | `{_default(field.default)}` | {meaning} |"


def settings_page() -> str:
    """The page as Markdown."""
    lines = [_INTRODUCTION.rstrip()]
    for name, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        lines += _section(name, field.annotation)
    return "\n".join(lines) + "\n" + _VARIABLES


if __name__ == "__main__":
    PAGE.write_text(settings_page(), "utf-8")
