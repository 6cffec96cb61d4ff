"""Under which license photos are: what the user laid into the inbox says.

| file | says |
|---|---|
| `licenses.csv` in the photo's folder | image,license[,url]: that photo's |
| `LICENSE.txt` in the photo's folder, or in one above it | that of all other photos there |

The first line of a `LICENSE.txt` is the license's name; the first address in it, its own.
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
from nst_pipeline.storage.store import sha256

_TEXT, _TABLE = "LICENSE.txt", "licenses.csv"
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, order=True)
class License:
    """A license's name, and where it is to be read."""

    name: str
    url: str = ""


UNKNOWN = License("unknown")
"""Of a photo that nothing is said of."""


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{name} is no UTF-8 text ({error}): save it as UTF-8") from error


def _from_text(text: str, name: str) -> License:
    address = _ADDRESS.search(text)
    lines = (_ADDRESS.sub("", line).strip(" \t<>()#") for line in text.splitlines())
    first = next((line for line in lines if line), "")
    if not first and address is None:
        raise SidecarError(f"{name} is empty: write the license's name into its first line")
    url = address.group() if address else ""
    return License(first or url, url)


def _from_table(text: str, name: str) -> dict[str, License]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [each for each in ("image", "license") if each not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{name} lacks the column(s) {', '.join(missing)}: add them")
    return {
        row["image"]: License(row["license"], row.get("url") or "")
        for row in reader
        if row["image"] and row["license"]
    }


def _folders(photos: Iterable[str]) -> Iterator[str]:
    """All folders that photos lie in, at any height, with their slash."""
    seen: set[str] = set()
    for folder in {photo[: photo.rfind("/") + 1] for photo in photos} | {""}:
        while folder not in seen:
            seen.add(folder)
            yield folder
            folder = folder[: folder.rfind("/", 0, -1) + 1]


def _contents(inbox: UPath, photos: Iterable[str]) -> dict[str, bytes]:
    """What lies in the photos' folders, by path relative to the inbox."""
    paths = (folder + name for folder in _folders(photos) for name in (_TEXT, _TABLE))
    files = {path: inbox / path for path in paths}
    return {path: file.read_bytes() for path, file in files.items() if file.exists()}


def license_digests(inbox: UPath, photos: Iterable[str]) -> dict[str, str]:
    """The files that say something of these photos, by path, with their digests."""
    return {path: sha256(data) for path, data in _contents(inbox, photos).items()}


class Licenses:
    """The licenses of an inbox, read once."""

    def __init__(self, inbox: UPath, photos: Iterable[str]) -> None:
        """Look into the folders of the photos, whose paths are relative to the inbox.

        Raises:
            SidecarError: a file cannot be used; names it.
        """
        self._texts: dict[str, License] = {}
        self._tables: dict[str, dict[str, License]] = {}
        for path, data in _contents(inbox, photos).items():
            folder, name = path[: path.rfind("/") + 1], str(inbox / path)
            if path.endswith(_TEXT):
                self._texts[folder] = _from_text(_decoded(data, name), name)
            else:
                self._tables[folder] = _from_table(_decoded(data, name), name)

    def of(self, photo: str, copyright_note: str = "") -> License:
        """A photo's license: its row, else the nearest text, else what its metadata say.

        Args:
            photo: its path relative to the inbox.
            copyright_note: of its metadata; empty if there is none.
        """
        folder = photo[: photo.rfind("/") + 1]
        row = self._tables.get(folder, {}).get(PurePosixPath(photo).name)
        if row is not None:
            return row
        while folder not in self._texts:
            if not folder:
                return License(copyright_note) if copyright_note else UNKNOWN
            folder = folder[: folder.rfind("/", 0, -1) + 1]
        return self._texts[folder]
