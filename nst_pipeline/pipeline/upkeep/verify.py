"""Whether what the catalog says and what stands in the store are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.storage.artifact_files import file_name
from nst_pipeline.storage.files import is_leftover, is_temporary
from nst_pipeline.storage.store import Store

Kind = Literal["missing", "damaged", "orphan", "leftover", "duplicate", "lineage"]

_BLOCK = 256
_READERS = 4
_OWN_FOLDER = "gallery"
"""Keeps account of its files itself."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be."""

    kind: Kind
    """Missing file, damaged file, file without a row, temporary file that a killed process left,
    row twice, row made from something that the catalog does not know."""
    asset: str
    name: str
    """File name, or key."""
    detail: str


def _file_problem(store: Store, row: dict[str, Any], sizes: dict[str, int]) -> Problem | None:
    """What is wrong with an artifact's files, if anything."""
    asset, key, files = row["asset"], row["key"], tuple(row["files"])
    names = [file_name(key, name) for name in files]
    if gone := [name for name in names if name not in sizes]:
        return Problem("missing", asset, gone[0], f"{len(gone)} of {len(names)} files are gone")
    if asset == _OWN_FOLDER:
        return None
    size = sum(sizes[name] for name in names)
    if size != row["size_bytes"]:
        return Problem("damaged", asset, key, f"{size} bytes, {row['size_bytes']} were written")
    if store.digest(asset, key, files) != row["digest"]:
        return Problem("damaged", asset, key, "the content is not what was written")
    return None


def _check_files(
    workspace: Workspace, on_artifact: Callable[[int, int], None]
) -> Iterator[Problem]:
    columns = ("asset", "key", "status", "files", "size_bytes", "digest")
    table = workspace.catalog.table(columns)
    has_files = pc.greater(pc.list_value_length(table["files"]), 0)
    good = table.filter(pc.and_(pc.not_equal(table["status"], "failed"), has_files))
    rows = good.sort_by([("asset", "ascending"), ("key", "ascending")])
    sizes = {asset.name: workspace.store.sizes(asset.name) for asset in ASSETS}

    def problem(row: dict[str, Any]) -> Problem | None:
        return _file_problem(workspace.store, row, sizes[row["asset"]])

    with ThreadPoolExecutor(_READERS) as pool:
        for first in range(0, rows.num_rows, _BLOCK):
            found = pool.map(problem, rows.slice(first, _BLOCK).to_pylist())
            yield from (each for each in found if each is not None)
            on_artifact(min(first + _BLOCK, rows.num_rows), rows.num_rows)


def known_files(history: pa.Table, asset: str) -> set[str]:
    """The names of all files that an asset's rows, those of the past too, speak of."""
    rows = history.filter(pc.equal(history["asset"], asset))
    keys, files = rows["key"].to_pylist(), rows["files"].to_pylist()
    return {file_name(key, name) for key, names in zip(keys, files, strict=True) for name in names}


def stray_files(workspace: Workspace, history: pa.Table) -> Iterator[Problem]:
    """Files that no row speaks of, and what killed processes left behind."""
    for asset in ASSETS:
        if asset.name == _OWN_FOLDER:
            continue
        known = known_files(history, asset.name)
        for name in sorted(workspace.store.sizes(asset.name).keys() - known):
            if is_leftover(name):
                yield Problem("leftover", asset.name, name, "of a process that is no more")
            elif not is_temporary(name):
                yield Problem("orphan", asset.name, name, "no row of the catalog speaks of it")


def _twice(history: pa.Table) -> Iterator[Problem]:
    """Artifacts that one run made more than once from the same causes."""
    good = history.filter(pc.not_equal(history["status"], "failed"))
    same = ["asset", "key", "run_id", "fingerprint"]
    counts = good.group_by(same).aggregate([([], "count_all")])
    for row in counts.filter(pc.greater(counts["count_all"], 1)).to_pylist():
        detail = f"{row['count_all']} rows of run {row['run_id']}"
        yield Problem("duplicate", row["asset"], row["key"], detail)


def _identities(asset: Any, key: Any, digest: Any) -> Any:
    return pc.binary_join_element_wise(asset, key, digest, "\0")


def _open_ends(history: pa.Table, current: pa.Table) -> Iterator[Problem]:
    """Rows that were made from something that the catalog never knew."""
    known = _identities(history["asset"], history["key"], history["digest"]).combine_chunks()
    for asset in current["asset"].unique().to_pylist():
        rows = current.filter(pc.equal(current["asset"], asset))
        inputs = rows["inputs"].combine_chunks()
        each = inputs.flatten()
        names = _identities(each.field("asset"), each.field("key"), each.field("digest"))
        made = pc.is_in(each.field("asset"), value_set=pa.array(list(BY_NAME)))
        # The gallery names what failed by its fingerprint.
        failed = pc.starts_with(each.field("digest"), "failed: ")
        is_open = pc.and_(pc.and_not(made, failed), pc.invert(pc.is_in(names, value_set=known)))
        owners = pc.list_parent_indices(inputs).filter(is_open)
        keys = rows["key"].take(owners).to_pylist()
        for key, name in zip(keys, names.filter(is_open).to_pylist(), strict=True):
            source = "/".join(name.split("\0")[:2])
            yield Problem("lineage", asset, key, f"made from a {source} that no row speaks of")


def verify(
    workspace: Workspace, *, on_artifact: Callable[[int, int], None] = lambda *_: None
) -> list[Problem]:
    """Check a whole store; nothing may be at work on it meanwhile.

    Every file is read and its digest compared; every file must have its row, every row its
    files; what artifacts were made from must itself be known.

    Args:
        workspace: the collection.
        on_artifact: told how many artifacts' files were read, and how many there are.
    """
    columns = ("asset", "key", "status", "files", "digest", "run_id", "fingerprint")
    history = workspace.catalog.history(columns)
    current = workspace.catalog.table(("asset", "key", "inputs"))
    return [
        *_check_files(workspace, on_artifact),
        *stray_files(workspace, history),
        *_twice(history),
        *_open_ends(history, current),
    ]
