"""Brings a whole collection up to date, phase after phase, in this process."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData

from nst_pipeline.defs.jobs import PHASES
from nst_pipeline.defs.orphans import active_runs
from nst_pipeline.defs.partitions import register
from nst_pipeline.defs.runs import RunPlan, due_now, plan_phase
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.reporting import report_batch
from nst_pipeline.pipeline.view import View
from nst_pipeline.pipeline.workspace import COLLECTIONS, Workspace

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's log goes to its storage; the terminal is for whoever called."""


@dataclass(frozen=True)
class Ran:
    """A Dagster run that was made."""

    phase: str
    run_id: str
    count: int
    success: bool
    error: str = ""


def scan_inboxes(workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Scan both inboxes, make the partition sets follow, and say in words what was found."""
    said = []
    for collection in COLLECTIONS:
        scan = workspace.rescan(collection)
        register(instance, collection, list(scan.index.photos))
        said.append(f"{collection}: {scan.summary}")
        said += [f"{collection}/{bad.path}: {bad.reason}" for bad in scan.index.unreadable]
    return said


def _reason(failure: StepFailureData) -> str:
    """What was said where it went wrong, rather than Dagster's wrapping of it."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return "no reason was given"
    error = failure.error.cause or failure.error
    return error.message.strip().removeprefix(f"{NstError.__module__}.{error.cls_name}: ")


def _execute(job: dg.JobDefinition, run: RunPlan, instance: dg.DagsterInstance) -> Ran:
    result = job.execute_in_process(
        instance=instance,
        tags=run.tags,
        run_config=_QUIET,
        raise_on_error=False,
    )
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
    announce: Callable[[RunPlan], object] = lambda _: None,
) -> list[Ran]:
    """Make all that is due, and once more what failed before, as Dagster runs.

    Args:
        workspace: the collection; its inboxes were scanned.
        instance: where the runs are recorded.
        job_of: the job of a phase.
        announce: told before each run.
    """
    active_runs(instance)  # ends those that a killed process left behind
    ran = []
    for phase in PHASES:
        due = due_now(View(workspace), phase, retry=True)
        for run in plan_phase(instance, phase, due):
            announce(run)
            ran.append(_execute(job_of(phase), run, instance))
    if ran:
        report_batch(workspace)  # What had nothing to publish is told, too.
    return ran
