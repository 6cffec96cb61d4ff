"""A backfill of scattered photos, launched by the daemon's own code in real run processes."""

import logging
import shutil
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from nst_pipeline.defs.runs.inboxes import scan_inboxes

PROJECT = Path(__file__).parents[3]
TIMEOUT_SECONDS = 180
UNUSED = {"title": None, "description": None, "run_config": None}


@pytest.fixture
def run_backfill(collection, monkeypatch):
    """Backfill `scene_photos` and `placements` of some scenes, and wait for the end."""
    shutil.copy(PROJECT / "dagster_home/dagster.yaml", collection.home)
    monkeypatch.setenv("DAGSTER_HOME", str(collection.home))
    monkeypatch.chdir(PROJECT)
    log = logging.getLogger("quiet")
    log.setLevel(logging.CRITICAL)

    def run_backfill(instance, keys):
        with WorkspaceProcessContext(instance, WorkspaceFileTarget(["workspace.yaml"])) as context:
            graph = context.create_request_context().asset_graph
            assets = [dg.AssetKey("scene_photos"), dg.AssetKey("placements")]
            backfill = PartitionBackfill.from_asset_partitions(
                "scattered", graph, keys, assets, time.time(), {}, instance, False, **UNUSED
            )
            instance.add_backfill(backfill)
            queue, until = (
                QueuedRunCoordinatorDaemon(interval_seconds=1),
                time.monotonic() + TIMEOUT_SECONDS,
            )
            status = BulkActionStatus.REQUESTED
            while status == BulkActionStatus.REQUESTED and time.monotonic() < until:
                list(execute_backfill_iteration(context, log))
                list(queue.run_iteration(context))
                status = instance.get_backfill("scattered").status
                time.sleep(0.5)
            return status

    return run_backfill


def _was_started(instance, run) -> bool:
    started = dg.DagsterEventType.STEP_START
    return bool(instance.get_records_for_run(run.run_id, of_type=started).records)


@pytest.mark.slow
def test_one_process_makes_scattered_photos_and_a_bad_one_fails_alone(collection, run_backfill):
    """The first photo is bad: its run fails, and the next run takes over the others."""
    scenes = collection.root / "scenes"
    for number in range(7):
        shutil.copy(scenes / "temple.jpg", scenes / f"z{number}.jpg")
    with dg.DagsterInstance.get() as instance:
        scan_inboxes(collection.open(), instance)
        keys = [k for k in instance.get_dynamic_partitions("scenes") if k.startswith("z")][::2]
        assert len(keys) == 4
        bad = scenes / f"{keys[0].partition('-')[0]}.jpg"
        bad.write_bytes(bad.read_bytes()[:2000])
        assert run_backfill(instance, keys) == BulkActionStatus.COMPLETED_FAILED

        runs = instance.get_runs(dg.RunsFilter(tags={"dagster/backfill": "scattered"}))
        assert Counter(run.status.value for run in runs) == {"SUCCESS": 3, "FAILURE": 1}
        started = [run for run in runs if _was_started(instance, run)]
        assert len(started) == 2
        made = instance.get_materialized_partitions(dg.AssetKey("placements"))
        assert set(keys[1:]) <= made and keys[0] not in made
