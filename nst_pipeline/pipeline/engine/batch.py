"""Makes the due artifacts of one asset, quarantines those that fail, and catalogs all of them."""

from __future__ import annotations

import errno
import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import takewhile

from nst_pipeline.errors import (
    ModelUnavailableError,
    NstError,
    SettingError,
    StorageError,
    without_codes,
)
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.item import DueArtifact, Item, Made
from nst_pipeline.pipeline.engine.plan import Plan, plan_asset
from nst_pipeline.pipeline.engine.progress import Progress
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped
from nst_pipeline.pipeline.engine.workers import in_order, keep_to_share
from nst_pipeline.storage.catalog import ArtifactState, Row, Status
from nst_pipeline.storage.files import sync_files
from nst_pipeline.storage.store import Content

_COMMIT_ROWS = 256
_COMMIT_SECONDS = 5.0
"""Commit after this many rows or seconds: a killed run repeats no more work than that, and fewer,
larger commits cost less."""

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)

GROUP_ERROR = "group error"
"""Figure of an artifact that was made alone after its group had failed: the group's error."""

_log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """What happened to each key of a batch."""

    made: dict[str, Row] = field(default_factory=dict)
    skipped: dict[str, ArtifactState] = field(default_factory=dict)
    """Up to date: the catalog has their fingerprints."""
    failed: dict[str, Row] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    """Keys that were not made, with the reason: an upstream artifact is missing or failed."""


class _ArtifactMaker:
    """Makes the due artifacts of one asset, and catalogs them in the background.

    On leaving its context, it waits until all rows are cataloged.
    """

    def __init__(self, snapshot: Snapshot, asset: Asset, plan: Plan, run_id: str) -> None:
        self._snapshot, self._asset, self._plan, self._run_id = snapshot, asset, plan, run_id
        self._before = snapshot.states(asset)
        self._pending: list[Row] = []
        self._committer = ThreadPoolExecutor(1)
        self._commits: deque[Future[None]] = deque()
        self._committed_at = time.monotonic()
        self.outcome = Outcome(skipped=plan.done, waiting=plan.waiting)

    def make(self, due: Sequence[DueArtifact]) -> list[Row]:
        """Make artifacts together; if that fails, one by one, so that only the bad ones fail.

        Several threads may call this. `add` catalogs the rows that it returns.
        """
        started = time.perf_counter()
        try:
            results = self._results(due)
        except (ModelUnavailableError, SettingError, StorageError, Stopped):
            raise
        except Exception as error:
            if len(due) == 1:
                return [self._failed(due[0], error, time.perf_counter() - started)]
            return self._one_by_one(due, error)
        seconds = (time.perf_counter() - started) / len(due)
        return [self._stored(each, made, seconds) for each, made in zip(due, results, strict=True)]

    def _one_by_one(self, due: Sequence[DueArtifact], error: Exception) -> list[Row]:
        """Make each artifact of a failed group alone; if it succeeds, record the group's error."""
        _log.warning(
            "%s: a group of %d failed; making them one by one",
            self._asset.name,
            len(due),
            exc_info=error,
        )
        reason = {GROUP_ERROR: f"{type(error).__name__}: {without_codes(str(error))}"}
        rows = [row for each in due for row in self.make([each])]
        return [
            row if row.status == "failed" else replace(row, figures={**row.figures, **reason})
            for row in rows
        ]

    def _results(self, due: Sequence[DueArtifact]) -> list[Made]:
        """Make artifacts; those known to be empty in advance do not reach the asset's `make`."""
        items = [Item(each, self._snapshot) for each in due if not each.empty]
        made = iter(self._asset.make(items) if items else ())
        return [Made(empty=each.empty) if each.empty else next(made) for each in due]

    def __enter__(self) -> _ArtifactMaker:
        return self

    def __exit__(self, *_: object) -> None:
        """Catalog the remaining rows, and wait until all rows are cataloged."""
        with self._committer:
            self._commit()
        for commit in self._commits:
            commit.result()

    def _commit(self) -> None:
        """Start to catalog the pending rows, while the next artifacts are made."""
        while self._commits and self._commits[0].done():
            self._commits.popleft().result()  # An error here ends the run: no row could be written.
        rows, self._pending = self._pending, []
        self._commits.append(self._committer.submit(self._catalog, rows))
        self._committed_at = time.monotonic()

    def _catalog(self, rows: list[Row]) -> None:
        """Catalog rows, and remove the files that the new version of an artifact lacks."""
        store = self._snapshot.workspace.store
        # Sync the files first, so that a power cut leaves no row without its files.
        sync_files(store.path(row.asset, row.key, name) for row in rows for name in row.files)
        self._snapshot.workspace.catalog.append(rows)
        for row in rows:
            old = self._before.get(row.key)
            if old is not None and row.status != "failed":
                gone = tuple(name for name in old.files if name not in row.files)
                store.remove(row.asset, row.key, gone)

    def add(self, rows: Sequence[Row]) -> None:
        """Record rows in the outcome, and catalog them soon."""
        for row in rows:
            (self.outcome.failed if row.status == "failed" else self.outcome.made)[row.key] = row
        self._pending += rows
        waited = time.monotonic() - self._committed_at
        if len(self._pending) >= _COMMIT_ROWS or waited > _COMMIT_SECONDS:
            self._commit()

    def _stored(self, artifact: DueArtifact, made: Made, seconds: float) -> Row:
        """Store an artifact; one that cannot be encoded is quarantined like one that failed."""
        try:
            return self._store(artifact, made, seconds)
        except (OSError, StorageError):
            raise  # a full disk or a store that is away concerns every artifact
        except Exception as error:
            return self._failed(artifact, error, seconds)

    def _store(self, artifact: DueArtifact, made: Made, seconds: float) -> Row:
        started = time.perf_counter()
        files: dict[str, Content] = dict(made.files)
        written = self._snapshot.workspace.store.write(self._asset.name, artifact.key, files)
        return replace(
            self._row(artifact, "empty" if made.empty else "ok"),
            error=made.empty,
            path=written.path,
            files=written.files,
            size_bytes=written.size_bytes,
            digest=written.digest,
            inputs=tuple(dict.fromkeys((*artifact.inputs, *made.used))),
            figures=made.figures,
            seconds=seconds + time.perf_counter() - started,
        )

    def _failed(self, artifact: DueArtifact, error: Exception, seconds: float) -> Row:
        # Only errors that are bugs need a traceback; an NstError says what to do.
        if isinstance(error, NstError) or getattr(error, "errno", None) in _OF_THE_DISK:
            _log.error("%s %s: %s", self._asset.name, artifact.key, error)
            reason = str(error)
        else:
            _log.error("%s %s failed", self._asset.name, artifact.key, exc_info=error)
            reason = f"{type(error).__name__}: {without_codes(str(error))}"
        row = self._row(artifact, "failed")
        return replace(row, error=reason, inputs=artifact.inputs, seconds=seconds)

    def _row(self, artifact: DueArtifact, status: Status) -> Row:
        return Row(
            asset=self._asset.name,
            key=artifact.key,
            status=status,
            fingerprint=artifact.fingerprint,
            settings=self._plan.settings_json,
            code_version=self._asset.code_version,
            models=self._plan.models,
            run_id=self._run_id,
        )


def run_batch(
    snapshot: Snapshot,
    asset: Asset,
    keys: Sequence[str],
    *,
    run_id: str,
    workers: int = 1,
    progress: Progress | None = None,
) -> Outcome:
    """Bring the artifacts of `keys` up to date.

    Parameters
    ----------
    snapshot
        State of the catalog when the batch begins.
    asset
        The asset to make.
    keys
        Partition keys, or `ALL` alone.
    run_id
        Id to record in every row.
    workers
        Number of threads that make artifacts.
    progress
        Called after each group of artifacts with the number done and the number due.

    Returns
    -------
    Outcome
        Every key is in exactly one of its dictionaries.

    Raises
    ------
    ModelUnavailableError, SettingError, StorageError
        No artifact can be made. Finished artifacts are cataloged.
    Stopped
        A stop was requested. Finished artifacts are cataloged.
    """
    STOP.raise_if_requested()
    keep_to_share()
    snapshot.store.remove_leftovers(asset.name)
    plan = plan_asset(snapshot, asset, keys)
    due, through, size = plan.due, 0, asset.batch_size(snapshot.settings)
    groups = (due[first : first + size] for first in range(0, len(due), size))
    wanted = takewhile(lambda _: not STOP.requested, groups)
    with _ArtifactMaker(snapshot, asset, plan, run_id) as maker:
        for rows in in_order(maker.make, wanted, workers):
            maker.add(rows)
            through += len(rows)
            if progress is not None:
                progress(asset.name, through, len(due))
    STOP.raise_if_requested()
    snapshot.workspace.catalog.compact(asset.name)
    return maker.outcome
