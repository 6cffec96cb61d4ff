"""What the files of an export contain, and the list that an export keeps of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError


@dataclass(frozen=True)
class Rendered:
    """A file that is made when it is written, and again only if its source has changed.

    Attributes
    ----------
    source
        Returns a text that changes whenever the content does.
    fill
        Writes the file.
    """

    source: Callable[[], str]
    fill: Callable[[Path], object]


Content = bytes | UPath | Rendered
Files = Mapping[str, Content]
"""Content of each file, or the artifact to link or copy, by path in the folder."""

MANIFEST = ".nst-export.json"
"""File in the export folder that lists the files an export wrote, with their stamps."""


def stamp(path: Path | UPath) -> str:
    """Size and modification time: equal for a file, its hard links and its copies."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime:.3f}"


def read_manifest(folder: Path | UPath) -> dict[str, str]:
    """Read the stamps of an export's files, by path in the folder; empty before the first export.

    Raises
    ------
    NstError
        The list is damaged.
    """
    path = folder / MANIFEST
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise NstError(
            f"{path} is damaged ({error}): delete it, or export into another folder"
        ) from error
