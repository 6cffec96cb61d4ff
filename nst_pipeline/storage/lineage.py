"""Lineage: what an artifact was made from, and what was made from it.

A search reads the catalog's name columns once and follows them in memory, through a million rows
in under a second. Only the rows that are shown are read whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nst_pipeline.errors import NstError
from nst_pipeline.storage.catalog import Catalog, Row
from nst_pipeline.storage.catalog.name_columns import NameColumns
from nst_pipeline.storage.review import INPUT as REVIEW

Identity = tuple[str, str]
"""Asset and key; for a photo its inbox and path; for a network `models` and its name or digest."""

MODELS = "models"
_RESULTS = ("harmonized", "stickers", "composites")
"""Assets that a bare key refers to, in this order."""
_INBOXES = ("objects", "scenes")
_FILES = (
    *_INBOXES,
    *(f"{inbox} {files}" for inbox in _INBOXES for files in ("sidecars", "licenses")),
    REVIEW,
)
"""Values of an input's `asset` for files, which have no row."""


@dataclass(frozen=True)
class Relative:
    """A node of a lineage tree: an artifact or a file."""

    asset: str
    key: str
    digest: str
    status: str
    relatives: tuple[Relative, ...]
    """What it was made from."""


def _children_in(part: NameColumns, parents: pa.Array, wanted: set[Identity]) -> NDArray[np.int64]:
    """Return the rows of one file that have one of the wanted identities as an input."""
    hits = np.flatnonzero(pc.is_in(part.input_keys, value_set=parents).to_numpy(False))
    if not len(hits):
        return hits
    assets = part.input_assets.take(hits).to_pylist()
    keys = part.input_keys.take(hits).to_pylist()
    exact = [pair in wanted for pair in zip(assets, keys, strict=True)]
    rows = np.searchsorted(part.offsets, hits[exact], side="right") - 1
    return np.unique(rows)


class Lineage:
    """Ancestors and descendants of all artifacts in a catalog.

    Parameters
    ----------
    catalog
        The catalog; its names are read once, at the first search.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def _parts(self) -> list[NameColumns]:
        return self._catalog.name_columns()

    def find(self, name: str) -> Identity:
        """Resolve a name that a person types.

        Parameters
        ----------
        name
            `asset/key`, a partition key, a photo's path or file name, or a network's name or the
            start of its digest.

        Returns
        -------
        Identity
            The best match.

        Raises
        ------
        NstError
            The catalog has nothing with that name; the message suggests similar keys.
        """
        found = itertools.chain(self._exact(name), self._photos(name), self._weights(name))
        best = next(found, None)
        if best is None:
            raise NstError(f"the catalog has no artifact {name!r}: {self._hint(name)}")
        return best

    def _exact(self, name: str) -> Iterator[Identity]:
        asset, _, key = name.partition("/")
        if key and self._is_known((asset, key)):
            yield asset, key
        made = set(self._assets_of(name))
        yield from ((result, name) for result in _RESULTS if result in made)
        yield from ((result, name) for result in sorted(made))

    def _is_known(self, identity: Identity) -> bool:
        return identity[0] in self._assets_of(identity[1]) or bool(self.children([identity]))

    def _assets_of(self, key: str) -> list[str]:
        """Return the assets that have an artifact with this key."""
        has = (part.asset for part in self._parts if pc.any(pc.equal(part.keys, key)).as_py())
        return list(dict.fromkeys(has))

    def _photos(self, name: str) -> Iterator[Identity]:
        """Yield the artifacts made from a photo, given its path in the inbox or its file name."""
        for path in dict.fromkeys(self._paths(name)):
            for inbox in _INBOXES:
                for _, key in self.children([(inbox, path)]):
                    yield from self._exact(key)

    def _paths(self, name: str) -> Iterator[str]:
        yield name
        for part in self._parts:
            if part.asset in ("object_photos", "scene_photos"):
                ends = pc.ends_with(part.input_keys, f"/{name}")
                yield from part.input_keys.filter(ends).to_pylist()

    def _weights(self, name: str) -> Iterator[Identity]:
        if self._catalog.made_with([name]):
            yield MODELS, name

    def _hint(self, name: str) -> str:
        near: set[str] = set()
        for part in self._parts:
            matching = pc.match_substring(part.keys, name, ignore_case=True)
            near.update(part.keys.filter(matching).slice(0, 3).to_pylist())
        keys = ", ".join(sorted(near)[:3])
        return f"did you mean {keys}?" if keys else "give a photo's file name or a key"

    def children(self, parents: Iterable[Identity]) -> list[Identity]:
        """Return the artifacts whose current rows have one of the parents as an input."""
        wanted = set(parents)
        names = [name for asset, name in wanted if asset == MODELS]
        made_with = self._catalog.made_with(names) if names else []
        keys = pa.array(sorted({key for _, key in wanted}), pa.string())
        with ThreadPoolExecutor() as pool:
            found = pool.map(lambda part: _children_in(part, keys, wanted), self._parts)
        return made_with + self._current(zip(self._parts, found, strict=True))

    def _current(self, found: Iterable[tuple[NameColumns, NDArray[np.int64]]]) -> list[Identity]:
        """Return the identities of those rows that are the newest of their artifact."""
        by_asset: dict[str, list[tuple[NameColumns, NDArray[np.int64]]]] = {}
        for part, rows in found:
            if len(rows):
                by_asset.setdefault(part.asset, []).append((part, rows))
        return [
            (asset, key) for asset, rows in by_asset.items() for key in self._newest(asset, rows)
        ]

    def _newest(self, asset: str, found: list[tuple[NameColumns, NDArray[np.int64]]]) -> list[str]:
        keys = pa.chunked_array([part.keys.take(rows) for part, rows in found]).unique()
        same = []
        for part in self._parts:
            if part.asset == asset:
                rows = np.flatnonzero(pc.is_in(part.keys, value_set=keys).to_numpy(False))
                hit = next((np.isin(rows, at) for one, at in found if one is part), False)
                columns = {"key": part.keys.take(rows).to_pylist(), "made_at": part.made_at[rows]}
                same.append(pd.DataFrame(columns | {"hit": hit}))
        known = pd.concat(same).sort_values("made_at", kind="stable")
        newest = known.drop_duplicates("key", keep="last")
        return sorted(newest["key"][newest["hit"]])

    def descendants(self, ancestors: Iterable[Identity]) -> list[Identity]:
        """Return everything that was made from some artifacts, directly or not, nearest first."""
        found: dict[Identity, None] = {}
        generation = list(ancestors)
        while generation:
            children = self.children(generation)
            generation = [child for child in children if child not in found]
            found |= dict.fromkeys(generation)
        return list(found)

    def ancestors(self, asset: str, key: str) -> Relative:
        """Return the tree of what an artifact was made from, up to the photos."""
        rows: dict[Identity, Row] = {}
        generation = {(asset, key)}
        while generation:
            rows |= (made := self._rows(generation))
            inputs = ((each.asset, each.key) for row in made.values() for each in row.inputs)
            generation = {each for each in inputs if each not in rows and each[0] not in _FILES}
        return _tree(rows, (asset, key), "")

    def _rows(self, identities: Iterable[Identity]) -> dict[Identity, Row]:
        by_asset: dict[str, list[str]] = {}
        for asset, key in identities:
            by_asset.setdefault(asset, []).append(key)
        return {
            (asset, key): row
            for asset, keys in by_asset.items()
            for key, row in self._catalog.latest(asset, keys).items()
        }


def _tree(rows: Mapping[Identity, Row], identity: Identity, digest: str) -> Relative:
    row = rows.get(identity)
    if row is None:
        return Relative(*identity, digest, "file", ())
    parents = tuple(_tree(rows, (each.asset, each.key), each.digest) for each in row.inputs)
    return Relative(*identity, row.digest, row.status, parents)
