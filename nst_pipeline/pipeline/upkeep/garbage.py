"""Removes artifacts that nothing uses anymore; photos in the inboxes are never touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.workspace import INBOXES, Workspace
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.pipeline.upkeep.verify import Problem, identities, stray_files
from nst_pipeline.storage.files import remove_file

_YOUNG_SECONDS = 3600.0
"""A younger file without a row may belong to a run that is about to catalog it."""
_COLUMNS = ("asset", "key", "status", "files", "digest", "made_at")


@dataclass(frozen=True)
class Garbage:
    """Rows and files that can be removed."""

    retired: pa.Table
    """Rows of deleted photos from which no result of an existing photo was made; to be removed
    with their files."""
    superseded: pa.Table
    """Old rows of artifacts that were made again, from which no current result was made."""
    strays: tuple[Problem, ...]
    """Files without a row."""


def _present(workspace: Workspace, table: pa.Table) -> pa.ChunkedArray:
    """Return for each row whether its photo is in its inbox; True if it has no single photo."""
    present = pa.array([False] * table.num_rows, pa.bool_())
    for inbox in (None, *INBOXES):
        assets = [asset.name for asset in ASSETS if asset.inbox == inbox]
        own = pc.is_in(table["asset"], value_set=pa.array(assets))
        if inbox is not None:
            keys = pa.array(list(workspace.index(inbox).photos), pa.string())
            own = pc.and_(own, pc.is_in(table["key"], value_set=keys))
        present = pc.or_(present, own)
    return present


def _made_from(current: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return the identities of all inputs of some rows, without and with digests."""
    each = current["inputs"].combine_chunks().flatten()
    names = identities(each.field("asset"), each.field("key"))
    return names, identities(names, each.field("digest"))


def find_garbage(workspace: Workspace) -> Garbage:
    """Find rows and files that can be removed, according to the last scan of the inboxes.

    Parameters
    ----------
    workspace
        The collection.
    """
    history = workspace.catalog.history(_COLUMNS)
    current = workspace.catalog.table((*_COLUMNS, "inputs"))
    kept = _kept(workspace, current)
    names = identities(kept["asset"], kept["key"]).combine_chunks()
    wanted = pc.is_in(identities(history["asset"], history["key"]), value_set=names)
    known = pc.is_in(history["asset"], value_set=pa.array(list(BY_NAME)))
    retired = history.filter(pc.and_(known, pc.invert(wanted)))
    return Garbage(
        retired,
        _superseded(history.filter(wanted), current, _made_from(kept)[1]),
        tuple(_old(workspace, stray_files(workspace, history))),
    )


def _kept(workspace: Workspace, current: pa.Table) -> pa.Table:
    """Return the rows of existing photos, and of their inputs, direct or indirect."""
    present, names = _present(workspace, current), identities(current["asset"], current["key"])
    kept, count = current.filter(present), -1
    while kept.num_rows != count:
        count = kept.num_rows
        kept = current.filter(pc.or_(present, pc.is_in(names, value_set=_made_from(kept)[0])))
    return kept


def _superseded(history: pa.Table, current: pa.Table, used: pa.Array) -> pa.Table:
    """Return rows that are no longer current, but keep the last good one of a failed artifact."""
    good = current.filter(pc.not_equal(current["status"], "failed"))
    newest = identities(identities(good["asset"], good["key"]), _times(good)).combine_chunks()
    names = identities(history["asset"], history["key"])
    replaced = pc.is_in(names, value_set=identities(good["asset"], good["key"]).combine_chunks())
    counts = pc.is_in(identities(names, _times(history)), value_set=newest)
    version = pc.is_in(identities(names, history["digest"]), value_set=used)
    return history.filter(pc.and_not(replaced, pc.or_(counts, version)))


def _times(table: pa.Table) -> pa.ChunkedArray:
    return table["made_at"].cast(pa.int64()).cast(pa.string())


def _old(workspace: Workspace, strays: Iterator[Problem]) -> Iterator[Problem]:
    limit = time.time() - _YOUNG_SECONDS
    for each in strays:
        stat = workspace.store.folder(each.asset).joinpath(each.name).stat()
        if each.kind == "leftover" or stat.st_mtime < limit:
            yield each


def remove_garbage(workspace: Workspace, garbage: Garbage) -> None:
    """Remove garbage, rows first: `find_garbage` finds a file without a row again."""
    catalog, store = workspace.catalog, workspace.store
    catalog.remove(garbage.retired)
    catalog.remove(garbage.superseded)
    for row in garbage.retired.select(["asset", "key", "files"]).to_pylist():
        store.remove(row["asset"], row["key"], tuple(row["files"]))
    for stray in garbage.strays:
        remove_file(workspace.store.folder(stray.asset) / stray.name)
