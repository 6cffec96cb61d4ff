"""Brings a whole collection up to date, phase after phase, in this process."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import dagster as dg

from nst_pipeline.defs.dagster_internals import RunFailureReason, StepFailureData
from nst_pipeline.defs.jobs import PHASES
from nst_pipeline.defs.orphans import active_runs
from nst_pipeline.defs.partitions import register
from nst_pipeline.defs.runs import RunPlan, due_now, failed_keys, plan_phase
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.progress import Progress
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Collection, Workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.lineage import Lineage

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's log goes to its storage; the terminal is for whoever called."""

_MOST_TOLD = 5
"""Deleted photos of which each is told what was made from it."""


@dataclass(frozen=True)
class Ran:
    """A Dagster run that was made."""

    phase: str
    run_id: str
    count: int
    success: bool
    error: str = ""


@dataclass(frozen=True)
class Scanned:
    """What a scan of both inboxes came to."""

    said: list[str]
    """In words: figures, unreadable files, and what was made from deleted photos."""
    found: dict[Collection, Scan]

    @property
    def pending(self) -> int:
        """New and changed files that there was no time to read."""
        return sum(scan.pending for scan in self.found.values())


def _gone(workspace: Workspace, collection: Collection, scan: Scan) -> list[str]:
    """What was made from photos that were deleted: it stays until `nst gc` removes it."""
    gone = {key: path for key, path in scan.deleted.items() if key not in scan.moved}
    if not gone:
        return []
    lineage = Lineage(workspace.catalog)
    record = "object_photos" if collection == "objects" else "scene_photos"
    said = []
    for key, path in list(gone.items())[:_MOST_TOLD]:
        made_of_it = lineage.descendants([(record, key)])
        counts = Counter(asset for asset, at in made_of_it if at != ALL)
        made = ", ".join(f"{asset} ({counts[asset]})" for asset in sorted(counts)) or "nothing"
        said.append(f"{collection}/{path}: deleted; made from it: {made}; `nst gc` removes it")
    if len(gone) > _MOST_TOLD:
        made_of_all = lineage.descendants([(record, key) for key in gone])
        said.append(
            f"{collection}: {len(gone)} photos deleted; made from them: "
            f"{len(made_of_all)} artifacts; `nst gc` removes them"
        )
    return said


def _report_or_stop(progress: Progress, name: str, done: int, total: int) -> None:
    progress(name, done, total)
    STOP.raise_if_requested()


def scan_inboxes(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    *,
    seconds: float = math.inf,
    progress: Progress = lambda *_: None,
) -> Scanned:
    """Scan both inboxes, make the partition sets follow, and say in words what was found.

    Args:
        workspace: the collection.
        instance: where the partitions are.
        seconds: about how long new and changed files are read; the next call goes on.
        progress: told the inbox, how many of its files were read, and how many there are.

    Raises:
        Stopped: somebody asked to stop. The next scan reads what this one did not remember.
    """
    said, found, end = [], {}, time.monotonic() + seconds
    for collection in COLLECTIONS:
        scan = workspace.rescan(
            collection,
            seconds=end - time.monotonic(),
            on_file=partial(_report_or_stop, progress, f"{collection}/"),
        )
        register(instance, collection, list(scan.index.photos))
        said.append(f"{collection}: {scan.summary}")
        said += [f"{collection}/{bad.path}: {bad.reason}" for bad in scan.index.unreadable]
        said += _gone(workspace, collection, scan)
        found[collection] = scan
    return Scanned(said, found)


def _reason(failure: StepFailureData) -> str:
    """What was said where it went wrong, rather than Dagster's wrapping of it."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return "no reason was given"
    error = failure.error.cause or failure.error
    return error.message.strip().removeprefix(f"{NstError.__module__}.{error.cls_name}: ")


def _is_stop(event: dg.DagsterEvent) -> bool:
    """Whether a run ended because this process was told to end, or by the UI's *Terminate*."""
    if event.event_type == dg.DagsterEventType.RUN_FAILURE:
        reason = event.job_failure_data.failure_reason
        return reason == RunFailureReason.UNEXPECTED_TERMINATION
    return event.event_type == dg.DagsterEventType.RUN_CANCELED


def _execute(job: dg.JobDefinition, run: RunPlan, instance: dg.DagsterInstance) -> Ran:
    """Make one run.

    Raises:
        Stopped: somebody stopped it; Dagster itself reports no error then.
    """
    result = job.execute_in_process(
        instance=instance,
        tags=run.tags,
        run_config=_QUIET,
        raise_on_error=False,
    )
    if any(map(_is_stop, result.all_events)):
        raise Stopped(f"run {result.run_id} was stopped")
    failures = (event.step_failure_data for event in result.get_step_failure_events())
    return Ran(
        run.phase,
        result.run_id,
        run.count,
        result.success,
        "; ".join(_reason(failure) for failure in failures),
    )


def update(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    job_of: Callable[[str], dg.JobDefinition],
    *,
    quarantined_only: bool = False,
    announce: Callable[[RunPlan], object] = lambda _: None,
) -> list[Ran]:
    """Make all that is due, and once more what failed before, as Dagster runs.

    Args:
        workspace: the collection; its inboxes were scanned.
        instance: where the runs are recorded.
        job_of: the job of a phase.
        quarantined_only: only what failed before, and what follows from it.
        announce: told before each run.

    Raises:
        Stopped: somebody asked to stop. What was made is kept; the next call makes the rest.
    """
    active_runs(instance)  # ends those that a killed process left behind
    left: dict[str, set[str]] = {}
    if quarantined_only:
        view = View(workspace)
        left = {p: due_now(view, p, retry=False) - failed_keys(view, p) for p in PHASES}
    ran: list[Ran] = []
    for phase in PHASES:
        STOP.raise_if_requested()
        due = due_now(View(workspace), phase, retry=True) - left.get(phase, set())
        for run in plan_phase(instance, phase, due):
            STOP.raise_if_requested()
            announce(run)
            ran.append(_execute(job_of(phase), run, instance))
    if ran:
        report_batch(workspace)  # What had nothing to publish is told, too.
    return ran
