"""Read the licenses of photos from files that the user puts into the inbox.

| file | content |
|---|---|
| `licenses.csv` in the photo's folder | image,license[,url]: licenses of single photos |
| `LICENSE.txt` in the photo's folder or a folder above | the license of all other photos there |

Upper and lower case do not matter in the names, as in those of sidecars. The first line of a
`LICENSE.txt` is the license's name; the first URL in it is the license's URL.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.files import LOCAL
from nst_pipeline.storage.inbox_file import find_file
from nst_pipeline.storage.sidecars.content import read_file
from nst_pipeline.storage.sidecars.matching import match_names
from nst_pipeline.storage.sidecars.names import folder_of, normalized_path
from nst_pipeline.storage.store import sha256

_TEXT, _TABLE = "LICENSE.txt", "licenses.csv"
_URL = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, order=True)
class License:
    """A license."""

    name: str
    url: str = ""
    """Where its text is; empty if unknown."""


UNKNOWN = License("unknown")
"""License of a photo whose license no file and no metadata give."""


def _decode(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{source} is not UTF-8 text ({error}): save it as UTF-8") from error


def _parse_text(text: str, source: str) -> License:
    url = _URL.search(text)
    lines = (_URL.sub("", line).strip(" \t<>()#") for line in text.splitlines())
    name = next((line for line in lines if line), "")
    if not name and url is None:
        raise SidecarError(f"{source} is empty: write the license's name on the first line")
    address = url.group() if url else ""
    return License(name or address, address)


def _parse_table(text: str, source: str) -> dict[str, License]:
    """Licenses by the names that the table gives to photos."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [each for each in ("image", "license") if each not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{source} lacks the column(s) {', '.join(missing)}: add them")
    return {
        normalized_path(row["image"]): License(row["license"], row.get("url") or "")
        for row in reader
        if row["image"] and row["license"]
    }


def _parent(folder: str) -> str:
    """The folder above a folder, both with their slash; empty for the inbox itself."""
    return folder[: folder.rfind("/", 0, -1) + 1]


def _folders(photos: Iterable[str]) -> Iterator[str]:
    """All folders that contain photos, at any depth, each once and with its slash."""
    seen: set[str] = set()
    for folder in {folder_of(photo) for photo in photos} | {""}:
        while folder not in seen:
            seen.add(folder)
            yield folder
            folder = _parent(folder)


def _names(inbox: UPath, folder: str) -> list[str]:
    """List the names in a folder of an inbox; none if it cannot be listed."""
    try:
        if inbox.protocol in LOCAL:
            return sorted(os.listdir(f"{inbox.path}/{folder}"))  # noqa: PTH208 -- names only
        return sorted(each.name for each in (inbox / folder).iterdir())
    except OSError:
        return []


def _contents(inbox: UPath, photos: Iterable[str]) -> dict[str, bytes]:
    """The license files of the photos' folders, by path relative to the inbox."""
    paths = []
    for folder in _folders(photos):
        names = _names(inbox, folder)
        for wanted in (_TEXT, _TABLE):
            same = [name for name in names if name.lower() == wanted.lower()]
            name = wanted if wanted in same else same[0] if len(same) == 1 else None
            paths += [] if name is None else [folder + name]
    # The scan names links that lead out of the inbox; they are not read.
    return {path: read_file(inbox, path) for path in paths if find_file(inbox, path) is not None}


def license_digests(inbox: UPath, photos: Iterable[str]) -> dict[str, str]:
    """Digest the license files that concern these photos, by path relative to the inbox."""
    return {path: sha256(data) for path, data in _contents(inbox, photos).items()}


class Licenses:
    """The licenses of an inbox, read once.

    Parameters
    ----------
    inbox
        Folder or URL.
    photos
        Paths relative to it; only their folders and those above are searched.

    Raises
    ------
    SidecarError
        A file cannot be used; the message names it.
    """

    def __init__(self, inbox: UPath, photos: Iterable[str]) -> None:
        self._texts: dict[str, License] = {}
        self._rows: dict[str, License] = {}
        paths, beside = list(photos), defaultdict(list)
        for photo in paths:
            beside[folder_of(photo)].append(photo.removeprefix(folder_of(photo)))
        for path, data in _contents(inbox, paths).items():
            folder, source = folder_of(path), str(inbox / path)
            if path.lower().endswith(_TEXT.lower()):
                self._texts[folder] = _parse_text(_decode(data, source), source)
            else:
                table = _parse_table(_decode(data, source), source)
                found = match_names(table, beside[folder])
                self._rows |= {folder + photo: table[name] for photo, name in found.items()}

    def of(self, photo: str, copyright_note: str = "") -> License:
        """Look up the license of one of the photos.

        Parameters
        ----------
        photo
            Path relative to the inbox.
        copyright_note
            From the photo's metadata; empty if there is none.

        Returns
        -------
        License
            From the photo's row in `licenses.csv`, else from the nearest `LICENSE.txt`, else from
            the metadata, else `UNKNOWN`.
        """
        if photo in self._rows:
            return self._rows[photo]
        folder = folder_of(photo)
        while folder not in self._texts:
            if not folder:
                return License(copyright_note) if copyright_note else UNKNOWN
            folder = _parent(folder)
        return self._texts[folder]
