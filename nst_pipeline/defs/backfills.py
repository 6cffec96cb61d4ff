"""Backfills over scattered partitions: the run at work takes along those that are queued behind it.

Dagster makes a run for each contiguous range: every second photo of a hundred is fifty runs, and
each starts a process that loads the models. The oldest run of such a backfill therefore makes the
partitions of its queued siblings as well, and reports them. A sibling whose partitions have all
been reported is then ended as a success, which the daemon does not start any more. Whatever is left
(an image failed, this run was killed) stays queued and runs as it would have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import dagster as dg

from nst_pipeline.defs.dagster_internals import BACKFILL_TAG, partition_range, report_run_success

_AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@dataclass
class Convoy:
    """A run and the queued siblings whose partitions it makes, too."""

    siblings: dict[str, list[str]]
    """Run id to partition keys."""
    to_do: set[dg.AssetKey]
    """The run's assets whose step has not ended yet."""
    left: set[str] = field(default_factory=set)
    """Keys that some asset has no result for."""

    @property
    def keys(self) -> list[str]:
        """The siblings' partitions. The last in the queue first: several runs may be at work."""
        return [key for keys in reversed(self.siblings.values()) for key in keys]


_convoys: dict[str, Convoy] = {}
"""By run id: all steps of a run are made in one process."""


def is_backfill(run: dg.DagsterRun) -> bool:
    """Whether a run is part of a backfill of assets, which counts what its runs report."""
    return BACKFILL_TAG in run.tags and run.asset_selection is not None


def _alike(run: dg.DagsterRun, other: dg.DagsterRun) -> bool:
    """Whether two runs of a backfill make the same assets, by the same settings."""
    return (run.job_name, run.asset_selection, run.run_config) == (
        other.job_name,
        other.asset_selection,
        other.run_config,
    )


def _queued_behind(context: dg.AssetExecutionContext) -> list[dg.DagsterRun]:
    """The run's queued siblings, oldest first; none if an older one is at work and has them."""
    unfinished = context.instance.get_run_records(
        dg.RunsFilter(
            tags={BACKFILL_TAG: context.run.tags[BACKFILL_TAG]},
            statuses=[dg.DagsterRunStatus.QUEUED, *_AT_WORK],
        ),
        ascending=True,
    )
    runs = (record.dagster_run for record in unfinished)
    alike = [run for run in runs if _alike(run, context.run)]
    oldest_at_work = next((run for run in alike if run.status in _AT_WORK), context.run)
    if oldest_at_work.run_id != context.run_id:
        return []
    return [run for run in alike if run.status == dg.DagsterRunStatus.QUEUED]


def _ranges(
    context: dg.AssetExecutionContext, runs: Sequence[dg.DagsterRun]
) -> dict[str, list[str]]:
    """Run id to partition keys; the partition set is read once."""
    partitions = context.assets_def.partitions_def
    assert partitions is not None
    order = partitions.get_partition_keys(dynamic_partitions_store=context.instance)
    places = {key: place for place, key in enumerate(order)}
    keys = {}
    for run in runs:
        first, last = (places.get(key) for key in partition_range(run) or ("", ""))
        if first is not None and last is not None:
            keys[run.run_id] = list(order[first : last + 1])
    return keys


def _gather(context: dg.AssetExecutionContext, room: int) -> Convoy:
    runs = _queued_behind(context)
    siblings = {}
    for run_id, keys in _ranges(context, runs).items():
        if len(keys) <= room:
            siblings[run_id] = keys
            room -= len(keys)
    return Convoy(siblings, set(context.run.asset_selection or ()))


def convoy_of(context: dg.AssetExecutionContext, *, most: int) -> Convoy:
    """Whom this run takes along: the same in all its steps.

    Args:
        context: a step of the run.
        most: partitions that a run may have, its own included.
    """
    partitioned = context.assets_def.partitions_def is not None
    if not partitioned or not is_backfill(context.run):
        return Convoy({}, set())
    if context.run_id not in _convoys:
        _convoys.clear()  # of runs that this process made before
        _convoys[context.run_id] = _gather(context, most - len(context.partition_keys))
    return _convoys[context.run_id]


def step_ended(
    context: dg.AssetExecutionContext, convoy: Convoy, reported: Collection[str]
) -> None:
    """Note what an asset has reported; after the last asset, end the siblings that are done."""
    convoy.left |= set(convoy.keys) - set(reported)
    convoy.to_do.discard(context.asset_key)
    if convoy.to_do or not convoy.siblings:
        return
    done = [run for run, keys in convoy.siblings.items() if not convoy.left & set(keys)]
    if not done:
        return
    still_queued = dg.RunsFilter(run_ids=done, statuses=[dg.DagsterRunStatus.QUEUED])
    message = f"Run {context.run_id} of the same backfill has made these partitions."
    for record in context.instance.get_run_records(still_queued):
        report_run_success(context.instance, record.dagster_run, message)
