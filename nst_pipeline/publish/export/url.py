"""An export in an object store: which of its objects an export wrote, and from what."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from upath import UPath

from nst_pipeline.publish.export.content import MANIFEST, Content, Rendered, read_manifest, stamp
from nst_pipeline.storage.files import LOCAL, fill_atomically, remove_file, write_atomically
from nst_pipeline.storage.store import sha256

_UNFINISHED = "unfinished"
"""Stamp of an object that an export is about to write: the next one may replace it."""


def _source(content: Content) -> str:
    """Return a digest that changes whenever the content does."""
    if isinstance(content, bytes):
        return sha256(content)
    if isinstance(content, Rendered):
        return sha256(content.source().encode())
    if content.protocol in LOCAL:
        return sha256(stamp(content).encode())
    return str(content.fs.ukey(content.path))  # with the ETag: times are in whole seconds there


class ExportUrl:
    """The objects below a URL, and the stamps of those that exports wrote.

    A stamp is an object's size and ETag, and a digest of what it was made from.
    """

    def __init__(self, folder: UPath) -> None:
        self._folder = folder
        self._found = self._listed()
        self.stamps = read_manifest(folder)
        self._sources: dict[str, str] = {}

    def _listed(self) -> dict[str, str]:
        top = f"{self._folder.path.rstrip('/')}/"
        found: dict[str, dict[str, Any]] = self._folder.fs.find(self._folder.path, detail=True)
        return {
            name.removeprefix(top): f"{each['size']} {each['ETag']}" for name, each in found.items()
        }

    def is_current(self, name: str, content: Content) -> bool:
        """Whether the object already has this content."""
        if name not in self._found:
            return False
        return self.stamps.get(name) == f"{self._found[name]} {_source(content)}"

    def may_replace(self, name: str) -> bool:
        """Whether the object is missing, or unchanged since an export wrote it."""
        known = self.stamps.get(name, "")
        is_ours = known == _UNFINISHED or known.startswith(f"{self._found.get(name)} ")
        return name not in self._found or is_ours

    def begin(self, due: Collection[str]) -> None:
        """List what will be written, so that the next export knows it if this one is killed."""
        self.stamps |= dict.fromkeys(due, _UNFINISHED)
        self._write_manifest()

    def write(self, name: str, content: Content) -> None:
        """Write an object, whole or not at all."""
        path = self._folder / name
        if isinstance(content, Rendered):
            fill_atomically(path, content.fill)
        else:
            write_atomically(path, content if isinstance(content, bytes) else content.read_bytes())

    def record(self, name: str, content: Content) -> None:
        """Note what an object was made from."""
        self._sources[name] = _source(content)

    def remove(self, name: str) -> bool:
        """Remove an object of an earlier export, unless it was changed since."""
        removed = name in self._found and self.may_replace(name)
        if removed:
            remove_file(self._folder / name)
        del self.stamps[name]
        return removed

    def save(self) -> None:
        """Write the list of objects, with the ETags that they have now."""
        found = self._listed()
        self.stamps |= {
            name: f"{found[name]} {source}"
            for name, source in self._sources.items()
            if name in found
        }
        self._write_manifest()

    def _write_manifest(self) -> None:
        text = json.dumps(self.stamps, ensure_ascii=False, indent=0, sort_keys=True)
        write_atomically(self._folder / MANIFEST, text.encode())
