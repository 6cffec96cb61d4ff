"""Checks that the catalog agrees with the files of a store, and the last scan with the photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.workspace import INBOXES, Inbox, Workspace
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.storage.artifact_files import file_name
from nst_pipeline.storage.catalog import Status
from nst_pipeline.storage.files import is_leftover, is_temporary
from nst_pipeline.storage.inbox_file import digest_inside
from nst_pipeline.storage.inbox_index import PhotoFile
from nst_pipeline.storage.store import Store

ProblemKind = Literal["missing", "damaged", "changed", "orphan", "leftover", "duplicate", "lineage"]

_BLOCK = 256
"""Artifacts to check between two progress reports."""
_READERS = 4


@dataclass(frozen=True)
class Problem:
    """A disagreement between the catalog and the files."""

    kind: ProblemKind
    """`missing` or `damaged` file, photo that `changed` though its size and times did not, `orphan`
    file without a row, `leftover` temporary file of a killed process, `duplicate` row, or
    `lineage`: a row made from something unknown."""
    asset: str
    """The asset, or the inbox of a photo."""
    name: str
    """File name, key, or path of a photo."""
    detail: str


class _FilesRow(TypedDict):
    """The columns of a row that describe its files."""

    asset: str
    key: str
    status: Status
    files: list[str]
    size_bytes: int
    digest: str


def identities(*columns: pa.ChunkedArray) -> pa.ChunkedArray:
    """Join string columns row by row, into strings that are equal only if all columns are."""
    return pc.binary_join_element_wise(*columns, "\0")


def _file_problem(store: Store, row: _FilesRow, sizes: Mapping[str, int]) -> Problem | None:
    """Check one artifact's files, given the sizes of all files of its asset."""
    asset, key, files = row["asset"], row["key"], tuple(row["files"])
    names = [file_name(key, name) for name in files]
    if gone := [name for name in names if name not in sizes]:
        return Problem("missing", asset, gone[0], f"{len(gone)} of {len(names)} files are missing")
    if BY_NAME[asset].keeps_own_files:
        return None
    size = sum(sizes[name] for name in names)
    if size != row["size_bytes"]:
        detail = f"has {size} bytes instead of {row['size_bytes']}"
        return Problem("damaged", asset, key, detail)
    if store.digest(asset, key, files) != row["digest"]:
        return Problem("damaged", asset, key, "the content changed since it was written")
    return None


def _file_problems(
    workspace: Workspace, on_artifact: Callable[[int, int], object]
) -> Iterator[Problem]:
    table = workspace.catalog.table(tuple(_FilesRow.__annotations__))
    has_files = pc.greater(pc.list_value_length(table["files"]), 0)
    good = table.filter(pc.and_(pc.not_equal(table["status"], "failed"), has_files))
    rows = good.sort_by([("asset", "ascending"), ("key", "ascending")])
    sizes = {asset.name: workspace.store.sizes(asset.name) for asset in ASSETS}

    def problem(row: _FilesRow) -> Problem | None:
        return _file_problem(workspace.store, row, sizes[row["asset"]])

    with ThreadPoolExecutor(_READERS) as pool:
        for first in range(0, rows.num_rows, _BLOCK):
            found = pool.map(problem, rows.slice(first, _BLOCK).to_pylist())
            yield from (each for each in found if each is not None)
            on_artifact(min(first + _BLOCK, rows.num_rows), rows.num_rows)


def _photo_problems(
    workspace: Workspace, on_artifact: Callable[[int, int], object]
) -> Iterator[Problem]:
    """Find photos whose bytes are not those that the last scan read."""

    def problem(inbox: Inbox, photo: PhotoFile) -> Problem | None:
        try:
            digest = digest_inside(workspace.inbox_folder(inbox), photo.path)
        except OSError as error:
            reason = f"cannot be read ({error.strerror or error})"
            return Problem("changed", inbox, photo.path, reason)
        if digest == photo.digest:
            return None
        return Problem("changed", inbox, photo.path, "its content is not what the last scan read")

    # Variants of a scene share its photo.
    photos = list(
        {
            (each, photo.path): (each, photo)
            for each in INBOXES
            for photo in workspace.index(each).photos.values()
        }.values()
    )
    with ThreadPoolExecutor(_READERS) as pool:
        for through, found in enumerate(pool.map(lambda each: problem(*each), photos), start=1):
            if found is not None:
                yield found
            on_artifact(through, len(photos))


def mark_for_run(workspace: Workspace, problems: Iterable[Problem]) -> None:
    """Make the next run read changed photos again, and make damaged artifacts anew.

    A run does not read the content of files that have the right size. A damaged artifact gets a
    row that says so, and is quarantined until then.
    """
    found = list(problems)
    damaged = {(each.asset, each.name): each.detail for each in found if each.kind == "damaged"}
    rows = (
        row
        for asset in {asset for asset, _ in damaged}
        for row in workspace.catalog.latest(asset).values()
        if (asset, row.key) in damaged
    )
    workspace.catalog.append(
        [
            replace(
                row,
                status="failed",
                error=f"its files are damaged: {damaged[row.asset, row.key]}",
                made_at=datetime.now(UTC),
            )
            for row in rows
        ]
    )
    for inbox in INBOXES:
        paths = {each.name for each in found if (each.kind, each.asset) == ("changed", inbox)}
        workspace.read_again(inbox, paths)


def _known_files(history: pa.Table, asset: str) -> set[str]:
    """Return the names of all files in an asset's rows, past ones included."""
    rows = history.filter(pc.equal(history["asset"], asset))
    keys, files = rows["key"].to_pylist(), rows["files"].to_pylist()
    return {file_name(key, name) for key, names in zip(keys, files, strict=True) for name in names}


def stray_files(workspace: Workspace, history: pa.Table) -> Iterator[Problem]:
    """Find files without a row, and temporary files of killed processes.

    Parameters
    ----------
    workspace
        The collection.
    history
        `asset`, `key` and `files` of all rows of its catalog.
    """
    for asset in ASSETS:
        if asset.keeps_own_files:
            continue
        known = _known_files(history, asset.name)
        for name in sorted(workspace.store.sizes(asset.name).keys() - known):
            if is_leftover(name):
                yield Problem("leftover", asset.name, name, "its process no longer runs")
            elif not is_temporary(name):
                yield Problem("orphan", asset.name, name, "the catalog has no row for it")


def _duplicates(history: pa.Table) -> Iterator[Problem]:
    """Find artifacts that one run made more than once from the same inputs and settings."""
    good = history.filter(pc.not_equal(history["status"], "failed"))
    same = ["asset", "key", "run_id", "fingerprint"]
    counts = good.group_by(same).aggregate([([], "count_all")])
    for row in counts.filter(pc.greater(counts["count_all"], 1)).to_pylist():
        detail = f"{row['count_all']} rows of run {row['run_id']}"
        yield Problem("duplicate", row["asset"], row["key"], detail)


def _unknown_inputs(history: pa.Table, current: pa.Table) -> Iterator[Problem]:
    """Find current rows with an input that the catalog never had."""
    known = identities(history["asset"], history["key"], history["digest"]).combine_chunks()
    for asset in current["asset"].unique().to_pylist():
        rows = current.filter(pc.equal(current["asset"], asset))
        inputs = rows["inputs"].combine_chunks()
        each = inputs.flatten()
        names = identities(each.field("asset"), each.field("key"), each.field("digest"))
        made = pc.is_in(each.field("asset"), value_set=pa.array(list(BY_NAME)))
        # The gallery lists failed and empty artifacts as inputs, by their fingerprints.
        digests = each.field("digest")
        shown = pc.or_(pc.starts_with(digests, "failed: "), pc.starts_with(digests, "empty: "))
        is_known = pc.is_in(names, value_set=known)
        is_unknown = pc.and_(pc.and_not(made, shown), pc.invert(is_known))
        owners = pc.list_parent_indices(inputs).filter(is_unknown)
        keys = rows["key"].take(owners).to_pylist()
        for key, name in zip(keys, names.filter(is_unknown).to_pylist(), strict=True):
            source = "/".join(name.split("\0")[:2])
            yield Problem("lineage", asset, key, f"its input {source} has no row")


def verify(
    workspace: Workspace, *, on_artifact: Callable[[int, int], object] = lambda *_: None
) -> list[Problem]:
    """Check a whole store, which no run may change meanwhile.

    Reads every file and every photo, and compares it with its digest. Every file must have a row,
    every row its files, and every input of an artifact its own row.

    Parameters
    ----------
    workspace
        The collection.
    on_artifact
        Called with the number of artifacts whose files were read, and the number there are.

    Returns
    -------
    list of Problem
        Empty if the store is whole.
    """
    columns = ("asset", "key", "status", "files", "digest", "run_id", "fingerprint")
    history = workspace.catalog.history(columns)
    current = workspace.catalog.table(("asset", "key", "inputs"))
    return [
        *_photo_problems(workspace, on_artifact),
        *_file_problems(workspace, on_artifact),
        *stray_files(workspace, history),
        *_duplicates(history),
        *_unknown_inputs(history, current),
    ]
