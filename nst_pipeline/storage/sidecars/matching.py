"""Find out which sidecar belongs to which photo, and which belong to none.

A file for many photos names each by its path relative to the file's folder. Names that fit no photo
are tried in any case, and then without their folders, as annotation tools write `images/cup.jpg`:
they count if only one photo and only one name of the file is left that can be meant.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.inbox_file import File
from nst_pipeline.storage.sidecars.content import Sections, read_sections
from nst_pipeline.storage.sidecars.names import (
    OWN_SUFFIXES,
    SHARED,
    folded,
    folder_of,
    folders_above,
    is_boxes,
    is_coco,
    is_shared,
    normalized_name,
    normalized_path,
    stem_of,
)

_NAMES_SHOWN = 5
_MOST_BYTES_PER_CHARACTER = 4
_LONGEST_STEM = 255 - max(map(len, OWN_SUFFIXES))
"""Bytes. File systems allow 255 in a name."""
_AFTER_SLASH = chr(ord("/") + 1)


class Part(NamedTuple):
    """What a sidecar contains about one photo."""

    path: str
    """The sidecar's, relative to the inbox."""
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    name: str = ""
    """What the sidecar calls the photo; empty if all of it is about the photo."""
    etag: str = ""
    """As in `File`."""


class Unmatched(NamedTuple):
    """A sidecar, or rows in it, that belongs to no photo."""

    path: str
    detail: str


def dump_parts(parts: Iterable[Part]) -> str:
    """Write a photo's sidecars as a short text; empty if there are none."""
    listed = [*parts]
    return json.dumps(listed) if listed else ""


def load_parts(text: str) -> list[Part]:
    """Read what `dump_parts` wrote."""
    return [Part(*each) for each in json.loads(text)] if text else []


def _folded_name(path: str) -> str:
    return folded(normalized_name(path))


def _grouped(paths: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return groups


def match_names(names: Iterable[str], photos: Iterable[str]) -> dict[str, str]:
    """Match the names in a file for many photos to the photos.

    Parameters
    ----------
    names
        As the file has them, normalized.
    photos
        Paths relative to the file's folder.

    Returns
    -------
    dict
        Names by photo.

    Examples
    --------
    >>> match_names(["images/cup.jpg", "CAT.JPG"], ["cup.jpg", "cat.jpg"])
    {'cat.jpg': 'CAT.JPG', 'cup.jpg': 'images/cup.jpg'}
    """
    all_names, all_photos = list(names), list(photos)
    known = set(all_names)
    normalized = ((each, normalized_path(each)) for each in all_photos)
    matched = {photo: name for photo, name in normalized if name in known}
    used = set(matched.values())
    if used == known:
        return matched
    folders = {folded(folder_of(each)) for each in all_photos}
    for key in (folded, _folded_name):
        candidates = _grouped(all_photos, key)
        for wanted, same in _grouped(all_names, key).items():
            name, photos_so_named = same[0], candidates.get(wanted, [])
            is_clear = len(same) == len(photos_so_named) == 1 and name not in used
            # A name in a folder with photos means one of these, even if it was deleted.
            is_here = key is not folded and folded(folder_of(name)) in folders
            if is_clear and not is_here and photos_so_named[0] not in matched:
                matched[photos_so_named[0]] = name
                used.add(name)
    return matched


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_NAMES_SHOWN]))
    return shown if len(names) <= _NAMES_SHOWN else f"{shown}, …"


class SidecarMatching:
    """The sidecars of an inbox and its photos, matched.

    Parameters
    ----------
    inbox
        Folder or URL.
    photos
        Paths of all photos in it.
    files
        Its sidecars by path.
    """

    def __init__(self, inbox: UPath, photos: Iterable[str], files: Mapping[str, File]) -> None:
        self._inbox, self._photos, self._files = inbox, sorted(photos), files
        self._folded = _grouped(files, folded)
        self._has_own = not all(map(is_shared, files))
        self._sections: dict[str, Sections | None] = {}
        self._matches: dict[str, dict[str, str]] = {}
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._shared: dict[str, list[str]] = {}

    @cached_property
    def _stems(self) -> set[str]:
        return {stem_of(photo) for photo in self._photos}

    @cached_property
    def _folded_stems(self) -> dict[str, str]:
        return {folded(stem_of(photo)): photo for photo in self._photos}

    def _file(self, path: str, suffix: str = "") -> str | None:
        """Return a sidecar by its exact name, or else the only one whose name differs in case."""
        if path in self._files:
            return path
        found = self._folded.get(folded(path), ())
        if len(found) != 1:
            return None
        (other,) = found
        stem = other[: len(other) - len(suffix)]
        is_others = bool(suffix) and stem in self._stems and stem != path.removesuffix(suffix)
        return None if is_others or folder_of(other) != folder_of(path) else other

    def _read(self, path: str) -> Sections | None:
        """Split a sidecar by photo; None if it cannot be read."""
        if path not in self._sections:
            try:
                self._sections[path] = read_sections(self._inbox, self._files[path])
            except SidecarError:
                # Reading the photo's objects reports the error, for every photo it may concern.
                self._sections[path] = None
        return self._sections[path]

    def text(self, part: Part) -> str | None:
        """Return the text of a COCO or boxes file about a photo; None if it has none.

        Raises
        ------
        SidecarError
            The file cannot be read.
        """
        sections = self._read(part.path)
        if sections is None:
            raise SidecarError(f"{self._inbox / part.path} cannot be read")
        return sections.texts.get(part.name)

    def _matched(self, path: str) -> dict[str, str]:
        """Match the names in a shared file to the photos in its folder and below."""
        if path not in self._matches:
            sections, folder = self._read(path), folder_of(path)
            first = bisect_left(self._photos, folder)
            end = bisect_left(self._photos, folder[:-1] + _AFTER_SLASH) if folder else None
            below = (each.removeprefix(folder) for each in self._photos[first:end])
            names = () if sections is None else sections.texts
            found = match_names(names, below)
            self._matches[path] = {f"{folder}{photo}": name for photo, name in found.items()}
        return self._matches[path]

    def _shared_part(self, photo: str, path: str) -> Part | None:
        file = self._files[path]
        if self._read(path) is None:
            return _part(file, normalized_path(photo.removeprefix(folder_of(path))))
        name = self._matched(path).get(photo)
        return None if name is None else _part(file, name)

    def _own_part(self, photo: str, path: str) -> Part | None:
        file = self._files[path]
        if not is_coco(path) and not is_boxes(path):
            return _part(file)
        sections = self._read(path)
        if sections is None:
            return _part(file, normalized_name(photo))
        wanted = normalized_name(photo)
        same = [name for name in sections.texts if folded(normalized_name(name)) == folded(wanted)]
        name = wanted if wanted in same else same[0] if len(same) == 1 else None
        return None if name is None else _part(file, name)

    def parts(self, photo: str) -> tuple[Part, ...]:
        """Return what the sidecars contain about a photo, in order of precedence."""
        if not self._files:
            return ()
        if photo not in self._parts:
            self._parts[photo] = self._find(photo)
        return self._parts[photo]

    def _shared_files(self, photo: str) -> list[str]:
        """Return the files for many photos in a photo's folder and those above it."""
        folder = folder_of(photo)
        if folder not in self._shared:
            names = (above + each for above in folders_above(photo) for each in SHARED)
            found = (self._file(name) for name in names)
            self._shared[folder] = [path for path in found if path is not None]
        return self._shared[folder]

    def _own_parts(self, photo: str) -> Iterator[Part | None]:
        stem = stem_of(photo)
        for suffix in OWN_SUFFIXES:
            path = self._file(stem + suffix, suffix)
            if path is not None:
                yield self._own_part(photo, path)

    def _find(self, photo: str) -> tuple[Part, ...]:
        own = self._own_parts(photo) if self._has_own else ()
        shared = [self._shared_part(photo, path) for path in self._shared_files(photo)]
        return tuple([part for part in (*own, *shared) if part is not None])

    def unmatched(self) -> list[Unmatched]:
        """Return the sidecars, and the names in them, that belong to no photo.

        Photos whose names leave no room for sidecars are among them.
        """
        used: dict[str, set[str]] = defaultdict(set)
        for photo in self._photos if self._files else ():
            for part in self.parts(photo):
                used[part.path].add(part.name)
        problems = ((path, self._problem(path, used.get(path))) for path in sorted(self._files))
        found = [Unmatched(path, problem) for path, problem in problems if problem]
        return [*found, *filter(None, map(_too_long, self._photos))]

    def _problem(self, path: str, used: set[str] | None) -> str:
        sections = self._read(path) if is_coco(path) or is_boxes(path) else Sections({})
        if sections is None:
            return ""
        lost = [name for name in sections.texts if name not in (used or ())]
        parts = []
        if used is None and not is_shared(path):
            parts.append(self._why_unused(path, lost))
        elif lost:
            parts.append(
                f"{len(lost)} of {len(sections.texts)} names match no photo, or several: "
                f"{_listed(lost)}"
            )
        if sections.unknown:
            parts.append(f"{sections.unknown} annotations have an image_id without an image")
        return "; ".join(parts)

    def _why_unused(self, path: str, names: list[str]) -> str:
        """Say why a photo's own sidecar is not used: there is no such photo, or it names others."""
        suffix = next(each for each in OWN_SUFFIXES if path.lower().endswith(each))
        photo = self._folded_stems.get(folded(path[: -len(suffix)]))
        name, has_rows = normalized_name(photo or ""), is_coco(path) or is_boxes(path)
        # A file about the photo is unused if another spelling of its name exists, too.
        if photo is None or not has_rows or _folded_name(photo) in map(_folded_name, names):
            return "it belongs to no photo: name it after one"
        if not names:
            return f"it has no rows about {name!r}, the photo beside it"
        return f"its rows are about {_listed(names)}: write {name!r}, the photo beside it"


def _too_long(photo: str) -> Unmatched | None:
    """Say that a photo's name leaves no room for those of its sidecars."""
    stem = stem_of(photo).rpartition("/")[2]
    if len(stem) * _MOST_BYTES_PER_CHARACTER <= _LONGEST_STEM:
        return None
    surplus = len(stem.encode()) - _LONGEST_STEM
    if surplus <= 0:
        return None
    return Unmatched(photo, f"its name is {surplus} bytes too long for sidecars: shorten it")


def _part(file: File, name: str = "") -> Part:
    return Part(file.path, file.size, file.mtime_ns, file.ctime_ns, name, file.etag)
