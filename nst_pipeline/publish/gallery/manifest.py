"""State of a gallery folder, so that only what changed is written again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from upath import UPath

from nst_pipeline.storage.artifact_files import GALLERY_PAGE
from nst_pipeline.storage.files import write_atomically

_VERSION = 4


@dataclass(frozen=True)
class Part:
    """A part of a large gallery, with a grid and a manifest of its own.

    Scene pages and pictures of all parts are in the same folders. The names of the first part's
    files are those of a gallery of one part.
    """

    number: int = 1
    """From 1."""
    count: int = 1
    """Parts of the gallery."""

    def file(self, name: str) -> str:
        """Return the part's name of a file, such as `index.html`."""
        stem, dot, suffix = name.rpartition(".")
        return name if self.number == 1 else f"{stem}-{self.number}{dot}{suffix}"

    @property
    def pages(self) -> dict[int, str]:
        """Grid pages of all parts, by number."""
        numbers = range(1, self.count + 1)
        return {each: Part(each, self.count).file(GALLERY_PAGE) for each in numbers}

    @property
    def data_list(self) -> str:
        """Name of the script that lists the part's data files."""
        return self.file("data/chunks.js")


WHOLE = Part()
"""A gallery that is not divided."""


class DamagedManifestError(Exception):
    """The manifest cannot be read; the message is the reason."""


class PageImage(NamedTuple):
    """An image as pages show it."""

    src: str
    """Path relative to the gallery folder."""
    width: int
    """Width of the artifact, pixels; a preview may be smaller."""
    height: int


class GridItem(NamedTuple):
    """A scene in the grid's data. `order.js` reads the fields by position, in this order."""

    key: str
    title: str
    status: str
    naturalness: float | None
    confidence: float | None
    chosen: str
    labels: list[str]
    stickers: list[str]
    made_at: str
    thumbnail: str
    """First digits of the thumbnail's digest; empty if there is no thumbnail."""
    aspect: float
    """Width divided by height."""
    image: str
    """Path of the full-size image, relative to the gallery folder."""
    error: str
    review: str
    """Where the result is in review; empty if nothing was decided about it."""


@dataclass(frozen=True)
class SceneEntry:
    """State of one scene. The field names are those of the manifest file."""

    slot: int
    """Position in the grid's data files."""
    page: str = ""
    """Digest of everything the scene's page was written from."""
    item: GridItem | None = None
    images: str = ""
    """Digest of the source images; empty if one was unreadable, so that it is tried again."""
    thumb: str = ""
    """Digest of the thumbnail file; empty if there is none."""
    pictures: Mapping[str, PageImage] = field(default_factory=dict)
    """Images by variant name."""
    mask: str = ""
    """Path of the tinted mask, relative to the gallery folder."""
    made: tuple[str, ...] = ()
    """Files written for the scene, besides its page."""


@dataclass(frozen=True)
class Manifest:
    """State of a gallery, or of one of its parts."""

    scenes: Mapping[str, SceneEntry] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Digests of the shared files (index, styles, data files), by name."""


_MANIFEST = TypeAdapter(Manifest)


def read_manifest(path: UPath) -> Manifest:
    """Read the manifest of a gallery, or of one of its parts.

    Returns
    -------
    Manifest
        Empty if there is none, or one of an earlier version.

    Raises
    ------
    DamagedManifestError
        The file is not a manifest.
    """
    try:
        content = json.loads(path.read_bytes())
        if content["version"] != _VERSION:
            return Manifest()
        return _MANIFEST.validate_python(content)
    except FileNotFoundError:
        return Manifest()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DamagedManifestError(f"{place}: {first['msg']}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedManifestError(f"{type(error).__name__}: {error}") from error


def write_manifest(path: UPath, manifest: Manifest) -> None:
    """Write the manifest.

    Call it after all other files: whatever a crash leaves unlisted is written again.
    """
    content = {
        "version": _VERSION,
        "scenes": {key: vars(entry) for key, entry in sorted(manifest.scenes.items())},
        "files": manifest.files,
    }
    write_atomically(path, json.dumps(content, separators=(",", ":")).encode())


def assign_slots(entries: Mapping[str, SceneEntry], keys: Iterable[str]) -> dict[str, int]:
    """Give every key a slot: the one it has, or else the lowest free one.

    Examples
    --------
    >>> assign_slots({"b": SceneEntry(slot=0), "gone": SceneEntry(slot=1)}, ["a", "b", "c"])
    {'b': 0, 'a': 1, 'c': 2}
    """
    ordered = sorted(keys)
    slots = {key: entries[key].slot for key in ordered if key in entries}
    taken = set(slots.values())
    free = (number for number in range(len(ordered)) if number not in taken)
    return slots | {key: next(free) for key in ordered if key not in slots}
