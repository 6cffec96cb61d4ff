"""A backfill on a cluster: launched as the UI does, and watched."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill
from sqlalchemy.exc import OperationalError

from nst_pipeline.definitions import defs
from nst_pipeline.defs.dagster_internals import BACKFILL_TAG
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.tags import PROCESS_TAG
from nst_pipeline.pipeline.engine.workspace import open_workspace

_ENDED = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}
_ACTIVE = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
_BACKFILL = "all-scenes"


def register(instance: dg.DagsterInstance) -> None:
    """Make every photo of the collection of `NST_DATA` a partition."""
    scan_inboxes(open_workspace(), instance)


@dataclass(frozen=True)
class Backfill:
    """A backfill of all scenes."""

    instance: dg.DagsterInstance

    def runs(self) -> list[dg.DagsterRun]:
        """Return its runs, retried ones included, oldest first."""
        of_it = dg.RunsFilter(tags={BACKFILL_TAG: _BACKFILL})
        return [each.dagster_run for each in self.instance.get_run_records(of_it, ascending=True)]

    def hosts_at_work(self) -> set[str]:
        """Return the names of the hosts that execute one of its runs."""
        return {
            run.tags[PROCESS_TAG].partition(":")[0]
            for run in self.runs()
            if run.status in _ACTIVE and PROCESS_TAG in run.tags
        }

    def status(self) -> str:
        """Return its status."""
        backfill = self.instance.get_backfill(_BACKFILL)
        assert backfill is not None
        return backfill.status.value.lower()

    def has_ended(self) -> bool:
        """Whether nothing of it is left to do; while the database is away, nobody knows."""
        try:
            return self.status().upper() in _ENDED and all(run.is_finished for run in self.runs())
        except OperationalError:
            return False


def launch_backfill(instance: dg.DagsterInstance, assets: Collection[str]) -> Backfill:
    """Launch a backfill of all scenes, as a click in the UI does."""
    backfill = PartitionBackfill.from_asset_partitions(
        _BACKFILL,
        defs.resolve_asset_graph(),
        partition_names=None,
        asset_selection=[dg.AssetKey(name) for name in assets],
        backfill_timestamp=time.time(),
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=True,
        title=None,
        description=None,
        run_config=None,
    )
    instance.add_backfill(backfill)
    return Backfill(instance)
