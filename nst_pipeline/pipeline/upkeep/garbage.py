"""Removes what nothing refers to any more; photos in the inboxes are never touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Workspace
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.pipeline.upkeep.verify import Problem, stray_files

_YOUNG_SECONDS = 3600.0
"""A file so young may be one whose row is not written yet."""
_COLUMNS = ("asset", "key", "status", "files", "digest", "made_at")


@dataclass(frozen=True)
class Garbage:
    """What can go."""

    retired: pa.Table
    """Rows of photos that are no longer in their inbox, as far as no result of a present one was
    made from them; their files go, too."""
    superseded: pa.Table
    """Rows of artifacts that were made anew since, from which nothing present was made."""
    strays: tuple[Problem, ...]
    """Files that no row speaks of."""


def _identities(asset: pa.ChunkedArray, key: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(asset, key, "\0")


def _present(workspace: Workspace, table: pa.Table) -> pa.ChunkedArray:
    """Whether each row's photo is in its inbox."""
    present = pa.array([False] * table.num_rows, pa.bool_())
    for collection in (None, *COLLECTIONS):
        assets = [asset.name for asset in ASSETS if asset.collection == collection]
        own = pc.is_in(table["asset"], value_set=pa.array(assets))
        if collection is not None:
            keys = pa.array(list(workspace.index(collection).photos), pa.string())
            own = pc.and_(own, pc.is_in(table["key"], value_set=keys))
        present = pc.or_(present, own)
    return present


def _made_from(current: pa.Table) -> tuple[pa.Array, pa.Array]:
    """What rows were made from: identities, and identities with digests."""
    each = current["inputs"].combine_chunks().flatten()
    names = _identities(each.field("asset"), each.field("key"))
    return names, _identities(names, each.field("digest"))


def find_garbage(workspace: Workspace) -> Garbage:
    """What nothing refers to, by the inboxes as they were last scanned."""
    history = workspace.catalog.history(_COLUMNS)
    current = workspace.catalog.table((*_COLUMNS, "inputs"))
    kept = _kept(workspace, current)
    names = _identities(kept["asset"], kept["key"]).combine_chunks()
    wanted = pc.is_in(_identities(history["asset"], history["key"]), value_set=names)
    known = pc.is_in(history["asset"], value_set=pa.array(list(BY_NAME)))
    retired = history.filter(pc.and_(known, pc.invert(wanted)))
    return Garbage(
        retired,
        _superseded(history.filter(wanted), current, _made_from(kept)[1]),
        tuple(_old(workspace, stray_files(workspace, history))),
    )


def _kept(workspace: Workspace, current: pa.Table) -> pa.Table:
    """Rows of present photos, and of all that they were made from, however indirectly."""
    present, names = _present(workspace, current), _identities(current["asset"], current["key"])
    kept, count = current.filter(present), -1
    while kept.num_rows != count:
        count = kept.num_rows
        kept = current.filter(pc.or_(present, pc.is_in(names, value_set=_made_from(kept)[0])))
    return kept


def _superseded(history: pa.Table, current: pa.Table, used: pa.Array) -> pa.Table:
    """Rows that count no longer; the last good one of what failed since still does."""
    good = current.filter(pc.not_equal(current["status"], "failed"))
    newest = _identities(_identities(good["asset"], good["key"]), _times(good)).combine_chunks()
    names = _identities(history["asset"], history["key"])
    replaced = pc.is_in(names, value_set=_identities(good["asset"], good["key"]).combine_chunks())
    counts = pc.is_in(_identities(names, _times(history)), value_set=newest)
    version = pc.is_in(_identities(names, history["digest"]), value_set=used)
    return history.filter(pc.and_not(replaced, pc.or_(counts, version)))


def _times(table: pa.Table) -> pa.ChunkedArray:
    return table["made_at"].cast(pa.int64()).cast(pa.string())


def _old(workspace: Workspace, strays: Iterator[Problem]) -> Iterator[Problem]:
    limit = time.time() - _YOUNG_SECONDS
    for each in strays:
        stat = (workspace.root / "artifacts" / each.asset / each.name).stat()
        if each.kind == "leftover" or stat.st_mtime < limit:
            yield each


def remove_garbage(workspace: Workspace, garbage: Garbage) -> None:
    """Remove it, rows first: a file without a row is found again, a row without one misleads."""
    catalog, store = workspace.catalog, workspace.store
    catalog.remove(garbage.retired)
    catalog.remove(garbage.superseded)
    for row in garbage.retired.select(["asset", "key", "files"]).to_pylist():
        store.remove(row["asset"], row["key"], tuple(row["files"]))
    for stray in garbage.strays:
        (workspace.root / "artifacts" / stray.asset / stray.name).unlink(missing_ok=True)
