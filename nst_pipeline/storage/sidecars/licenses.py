"""Read the licenses of photos from files that the user puts into the inbox.

| file | content |
|---|---|
| `licenses.csv` in the photo's folder | image,license[,url]: licenses of single photos |
| `LICENSE.txt` in the photo's folder or a folder above | the license of all other photos there |

The first line of a `LICENSE.txt` is the license's name; the first URL in it is the license's URL.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.inbox_file import find_file
from nst_pipeline.storage.sidecars.content import read_file
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
    """Licenses by the photos' file names."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [each for each in ("image", "license") if each not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{source} lacks the column(s) {', '.join(missing)}: add them")
    return {
        row["image"]: License(row["license"], row.get("url") or "")
        for row in reader
        if row["image"] and row["license"]
    }


def _parent(folder: str) -> str:
    """The folder above a folder, both with their slash; empty for the inbox itself."""
    return folder[: folder.rfind("/", 0, -1) + 1]


def _folders(photos: Iterable[str]) -> Iterator[str]:
    """All folders that contain photos, at any depth, each once and with its slash."""
    seen: set[str] = set()
    for folder in {photo[: photo.rfind("/") + 1] for photo in photos} | {""}:
        while folder not in seen:
            seen.add(folder)
            yield folder
            folder = _parent(folder)


def _contents(inbox: UPath, photos: Iterable[str]) -> dict[str, bytes]:
    """The license files of the photos' folders, by path relative to the inbox."""
    paths = (folder + name for folder in _folders(photos) for name in (_TEXT, _TABLE))
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
        self._tables: dict[str, dict[str, License]] = {}
        for path, data in _contents(inbox, photos).items():
            folder, source = path[: path.rfind("/") + 1], str(inbox / path)
            if path.endswith(_TEXT):
                self._texts[folder] = _parse_text(_decode(data, source), source)
            else:
                self._tables[folder] = _parse_table(_decode(data, source), source)

    def of(self, photo: str, copyright_note: str = "") -> License:
        """Look up a photo's license.

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
        folder = photo[: photo.rfind("/") + 1]
        row = self._tables.get(folder, {}).get(PurePosixPath(photo).name)
        if row is not None:
            return row
        while folder not in self._texts:
            if not folder:
                return License(copyright_note) if copyright_note else UNKNOWN
            folder = _parent(folder)
        return self._texts[folder]
