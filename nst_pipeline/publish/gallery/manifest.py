"""What a gallery folder already holds, so that only what changed is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from upath import UPath

from nst_pipeline.storage.files import write_atomically

_FILE = "manifest.json"
_VERSION = 2


class Shown(NamedTuple):
    """A picture as the pages show it: its file relative to the gallery, size of the original."""

    src: str
    width: int
    height: int


@dataclass(frozen=True)
class Entry:
    """A scene's state: its place in the grid's data, digests, and the pictures made for it."""

    slot: int
    page: str = ""
    """Digest of all that its page was written from."""
    item: list[Any] = field(default_factory=list)
    """The scene as the grid's data has it."""
    images: str = ""
    """Digest of the pictures as given; empty if one could not be read, so it is tried again."""
    thumb: str = ""
    """Digest of the thumbnail's bytes; empty if there is none."""
    pictures: dict[str, Shown] = field(default_factory=dict)
    """Variant name to picture."""
    mask: str = ""
    """The tinted mask, relative to the gallery."""
    made: tuple[str, ...] = ()
    """Files made for this scene besides its page."""


@dataclass
class Manifest:
    """The state of a whole gallery folder."""

    scenes: dict[str, Entry] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Shared file (index, styles, data chunks) to digest."""


def _entry(values: dict[str, Any]) -> Entry:
    pictures = {name: Shown(*shown) for name, shown in values["pictures"].items()}
    return Entry(**{**values, "pictures": pictures, "made": tuple(values["made"])})


def read_manifest(folder: UPath) -> Manifest:
    """The folder's manifest; an empty one if it has none that can be used."""
    try:
        values = json.loads((folder / _FILE).read_bytes())
        if values["version"] != _VERSION:
            return Manifest()
        scenes = {key: _entry(entry) for key, entry in values["scenes"].items()}
        return Manifest(scenes, values["files"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Manifest()


def write_manifest(folder: UPath, manifest: Manifest) -> None:
    """Write it, last of all: what a crash leaves unlisted is made again."""
    values = {
        "version": _VERSION,
        "scenes": {key: vars(entry) for key, entry in sorted(manifest.scenes.items())},
        "files": manifest.files,
    }
    write_atomically(folder / _FILE, json.dumps(values, separators=(",", ":")).encode())


def assign_slots(held: dict[str, Entry], keys: Iterable[str]) -> dict[str, int]:
    """A place for every key: the one it has, or else the lowest that is free."""
    ordered = sorted(keys)
    slots = {key: held[key].slot for key in ordered if key in held}
    taken = set(slots.values())
    free = (number for number in range(len(ordered)) if number not in taken)
    return slots | {key: next(free) for key in ordered if key not in slots}
