"""Brings a collection up to date, phase by phase, by executing Dagster runs in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import dagster as dg

from nst_pipeline.defs.dagster_internals import execute_here, is_stop, step_failure_message
from nst_pipeline.defs.runs.orphans import end_orphaned_runs
from nst_pipeline.defs.runs.plans import RunPlan, due_keys, plan_phase, quarantined_keys
from nst_pipeline.pipeline.engine.asset import PHASES, Phase
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped
from nst_pipeline.pipeline.engine.workspace import INBOXES, Inbox, Workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch

_CODE_LOCATION, _MODULE = "nst_pipeline", "nst_pipeline.definitions"
"""Where the UI finds the jobs: the only code location in `workspace.yaml`."""
_QUIET_CONSOLE = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run config that keeps Dagster's log off the terminal; its storage has the log."""


@dataclass(frozen=True)
class RunResult:
    """The result of a Dagster run that was executed here."""

    phase: Phase
    run_id: str
    count: int
    """Number of due keys."""
    success: bool
    error: str = ""
    """The messages of the steps that failed."""


def execute(job: dg.JobDefinition, plan: RunPlan, instance: dg.DagsterInstance) -> RunResult:
    """Execute one run in this process; the UI shows it as any other run of the job.

    Raises
    ------
    Stopped
        The run was stopped; Dagster itself reports no error then.
    """
    result = execute_here(
        instance,
        job,
        code_location=_CODE_LOCATION,
        module=_MODULE,
        asset_keys=plan.asset_keys,
        tags=plan.tags,
        run_config=_QUIET_CONSOLE,
    )
    if any(map(is_stop, result.all_events)):
        raise Stopped(f"run {result.run_id} was stopped")
    messages = map(step_failure_message, result.get_step_failure_events())
    return RunResult(plan.phase, result.run_id, plan.count, result.success, "; ".join(messages))


def _due_without_failure(workspace: Workspace) -> Mapping[str, set[str]]:
    """Return, for each phase, the due keys for which no asset is quarantined."""
    snapshot = Snapshot(workspace)
    return {
        phase: due_keys(snapshot, phase, retry=False) - quarantined_keys(snapshot, phase)
        for phase in PHASES
    }


def update(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    job_of: Callable[[Phase], dg.JobDefinition],
    *,
    quarantined_only: bool = False,
    only: Mapping[Inbox, set[str]] | None = None,
    on_run: Callable[[RunPlan], object] = lambda _: None,
) -> list[RunResult]:
    """Make everything that is due, and retry what failed before.

    Parameters
    ----------
    workspace : Workspace
        The collection. Scan its inboxes first (`scan_inboxes`).
    instance : DagsterInstance
        Instance that stores the runs.
    job_of : callable
        Returns the job of a phase.
    quarantined_only : bool
        Make only artifacts that failed before, and those that depend on them.
    only : mapping of {"objects", "scenes"} to set of str, optional
        Make only artifacts of these keys, and what is made once for all.
    on_run : callable
        Called with the plan of each run before it starts.

    Returns
    -------
    list of RunResult
        The runs in the order in which they were executed; empty if nothing was due.

    Raises
    ------
    Stopped
        A stop was requested. Finished artifacts are kept; the next call makes the rest.
    """
    end_orphaned_runs(instance)
    excluded = _due_without_failure(workspace) if quarantined_only else {}
    results: list[RunResult] = []
    for phase in PHASES:
        STOP.raise_if_requested()
        due = due_keys(Snapshot(workspace), phase, retry=True) - excluded.get(phase, set())
        chosen: tuple[str, ...] = ()
        if only is not None and phase in INBOXES:
            due &= only.get(phase, set())
            chosen = tuple(sorted(due))
        for each in plan_phase(workspace, instance, phase, due):
            STOP.raise_if_requested()
            plan = replace(each, only=chosen)
            on_run(plan)
            results.append(execute(job_of(phase), plan, instance))
    if results:
        report_batch(workspace)  # Covers what the gallery's run has not reported yet.
    return results
