"""Family trees: what an artifact was made from, and what was made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nst_pipeline.errors import NstError
from nst_pipeline.storage.catalogue import Row

_RESULTS = ("harmonized", "stickers", "composites")
"""Which of a key's artifacts is meant where only the key is given: the last made of it."""


@dataclass(frozen=True)
class Relative:
    """An artifact or a file in a family tree, with its own relatives."""

    asset: str
    key: str
    digest: str
    status: str
    relatives: tuple[Relative, ...]


class Family:
    """The family relations of all artifacts in a catalogue."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {(row.asset, row.key): row for row in rows}
        self._children: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for identity, row in self._rows.items():
            for parent in row.inputs:
                self._children.setdefault((parent.asset, parent.key), []).append(identity)

    def find(self, name: str) -> tuple[str, str]:
        """The artifact meant by `asset/key`, a partition key, or a photo's path in its inbox.

        Raises:
            NstError: nothing is known by that name.
        """
        asset, _, key = name.partition("/")
        if (asset, key) in self._rows or (asset, key) in self._children:
            return asset, key
        keys = [name, *(k for at, (_, k) in self._photos() if name in (at, at.rsplit("/", 1)[-1]))]
        for candidate in keys:
            for result in _RESULTS:
                if (result, candidate) in self._rows:
                    return result, candidate
        made = [identity for identity in self._rows if name in identity]
        if made:
            return made[-1]
        near = sorted({key for _, key in self._rows if name.lower() in key.lower()})[:3]
        hint = f"did you mean {', '.join(near)}?" if near else "give a photo's file name or a key"
        raise NstError(f"no artifact is called {name!r}: {hint}")

    def _photos(self) -> Iterable[tuple[str, tuple[str, str]]]:
        for (asset, path), children in self._children.items():
            if asset in ("objects", "scenes"):
                yield path, children[0]

    def ancestors(self, asset: str, key: str) -> Relative:
        """What it was made from, up to the photos; `relatives` are the inputs."""
        row = self._rows.get((asset, key))
        if row is None:
            return Relative(asset, key, "", "file", ())
        parents = tuple(
            self.ancestors(each.asset, each.key)
            if (each.asset, each.key) in self._rows
            else Relative(each.asset, each.key, each.digest, "file", ())
            for each in row.inputs
        )
        return Relative(asset, key, row.digest, row.status, parents)

    def descendants(self, asset: str, key: str) -> list[tuple[str, str]]:
        """All that was made from it, directly or not, nearest first."""
        found: dict[tuple[str, str], None] = {}
        waiting = [(asset, key)]
        for identity in waiting:
            for child in self._children.get(identity, ()):
                if child not in found:
                    found[child] = None
                    waiting.append(child)
        return list(found)
