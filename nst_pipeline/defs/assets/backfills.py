"""Speeds up backfills of scattered partitions: one run does the work of the runs queued behind it.

Dagster creates a run for each contiguous range. Every second photo of a hundred gives fifty runs,
each a process that loads the models. The oldest run of such a backfill therefore also makes and
reports the partitions of its queued siblings. Once all partitions of a sibling are reported, it
ends the sibling as a success, so that the daemon does not start it. Other siblings (an image
failed, or this run was killed) stay queued and run as usual.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import dagster as dg

from nst_pipeline.defs.dagster_internals import BACKFILL_TAG, partition_range, report_run_success

_IN_PROGRESS = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@dataclass
class Takeover:
    """The queued siblings of a run whose partitions the run makes, too."""

    partitions: dict[str, list[str]]
    """Partition keys by the sibling's run id."""
    unfinished_assets: set[dg.AssetKey]
    """The run's assets whose step has not ended yet."""
    unreported: set[str] = field(default_factory=set)
    """Keys for which an asset has reported no materialization."""

    @property
    def keys(self) -> list[str]:
        """The siblings' keys, last in the queue first, because other runs may work on the first."""
        return [key for keys in reversed(self.partitions.values()) for key in keys]


_takeovers: dict[str, Takeover] = {}
"""By run id. One process executes all steps of a run."""


def is_backfill(run: dg.DagsterRun) -> bool:
    """Whether a run belongs to a backfill of assets, which waits for materializations."""
    return BACKFILL_TAG in run.tags and run.asset_selection is not None


def _same_work(run: dg.DagsterRun, other: dg.DagsterRun) -> bool:
    """Whether two runs of a backfill make the same assets with the same settings."""
    return (run.job_name, run.asset_selection, run.run_config) == (
        other.job_name,
        other.asset_selection,
        other.run_config,
    )


def _queued_siblings(context: dg.AssetExecutionContext) -> list[dg.DagsterRun]:
    """Return the run's queued siblings, oldest first; none if an older run takes them over."""
    records = context.instance.get_run_records(
        dg.RunsFilter(
            tags={BACKFILL_TAG: context.run.tags[BACKFILL_TAG]},
            statuses=[dg.DagsterRunStatus.QUEUED, *_IN_PROGRESS],
        ),
        ascending=True,
    )
    runs = [record.dagster_run for record in records if _same_work(record.dagster_run, context.run)]
    oldest = next((run for run in runs if run.status in _IN_PROGRESS), context.run)
    if oldest.run_id != context.run_id:
        return []
    return [run for run in runs if run.status == dg.DagsterRunStatus.QUEUED]


def _partitions_of(
    context: dg.AssetExecutionContext, runs: Sequence[dg.DagsterRun]
) -> dict[str, list[str]]:
    """Return partition keys by run id. The partition set is read once for all runs."""
    definition = context.assets_def.partitions_def
    assert definition is not None
    order = definition.get_partition_keys(dynamic_partitions_store=context.instance)
    positions = {key: position for position, key in enumerate(order)}
    partitions = {}
    for run in runs:
        first, last = (positions.get(key) for key in partition_range(run) or ("", ""))
        if first is not None and last is not None:
            partitions[run.run_id] = list(order[first : last + 1])
    return partitions


def _plan_takeover(context: dg.AssetExecutionContext, room: int) -> Takeover:
    """Take over siblings, oldest first, as long as their partitions fit into `room`."""
    partitions = {}
    for run_id, keys in _partitions_of(context, _queued_siblings(context)).items():
        if len(keys) <= room:
            partitions[run_id] = keys
            room -= len(keys)
    return Takeover(partitions, set(context.run.asset_selection or ()))


def take_over_siblings(context: dg.AssetExecutionContext, *, max_partitions: int) -> Takeover:
    """Decide which queued siblings this run takes over; all its steps take over the same.

    Parameters
    ----------
    context : AssetExecutionContext
        The context of a step of the run.
    max_partitions : int
        Number of partitions that a run may make, its own included.

    Returns
    -------
    Takeover
        Without partitions if the run is not part of a backfill, or has no queued siblings.
    """
    partitioned = context.assets_def.partitions_def is not None
    if not partitioned or not is_backfill(context.run):
        return Takeover({}, set())
    if context.run_id not in _takeovers:
        _takeovers.clear()  # Those of earlier runs in this process.
        room = max_partitions - len(context.partition_keys)
        _takeovers[context.run_id] = _plan_takeover(context, room)
    return _takeovers[context.run_id]


def finish_step(
    context: dg.AssetExecutionContext, takeover: Takeover, reported: Collection[str]
) -> None:
    """Record what an asset has reported; after the last asset, end the siblings that are done.

    Parameters
    ----------
    context : AssetExecutionContext
        The context of the step that ends.
    takeover : Takeover
        The siblings that its run has taken over.
    reported : collection of str
        Keys of the partitions whose materializations the step has reported.
    """
    takeover.unreported |= set(takeover.keys) - set(reported)
    takeover.unfinished_assets.discard(context.asset_key)
    if takeover.unfinished_assets:
        return
    done = [
        run for run, keys in takeover.partitions.items() if takeover.unreported.isdisjoint(keys)
    ]
    if not done:
        return
    message = f"Run {context.run_id} of the same backfill has made these partitions."
    still_queued = dg.RunsFilter(run_ids=done, statuses=[dg.DagsterRunStatus.QUEUED])
    for record in context.instance.get_run_records(still_queued):
        report_run_success(context.instance, record.dagster_run, message)
