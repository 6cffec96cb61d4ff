"""Ends runs whose process is gone, because it was killed or the machine went down.

Dagster's default launcher does not check whether a run's process is alive. Such a run would look
started forever, and the queue and the sensor would wait for it.
"""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from nst_pipeline.defs.dagster_internals import report_run_failure, tag_run
from nst_pipeline.defs.tags import PHASE_TAG, PROCESS_TAG
from nst_pipeline.storage.process import is_alive

START_TIMEOUT = timedelta(minutes=3)
"""How long a started run may take to reach its first step. Dagster's own monitoring, which watches
runs only until they have started, uses the same timeout."""
_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def _start_ticks(process_id: int) -> str:
    """Return when a process started, in kernel ticks, because ids are reused; empty off Linux."""
    try:
        # The name in parentheses may contain spaces; the start is the 20th field after it.
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def this_process() -> str:
    """Return the value of `PROCESS_TAG` for runs of this process: host, process id, and start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_ticks(os.getpid())}"


def record_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Tag a run with this process, so that `end_orphaned_runs` can check whether it is alive."""
    tag_run(instance, run_id, {PROCESS_TAG: f"{this_process()} {run_id}"})


def _process_of(run: dg.DagsterRun) -> str:
    """Return the process that executes a run; empty if it has not begun.

    Dagster copies the tags of a run to the one that retries it.
    """
    process, _, run_id = run.tags.get(PROCESS_TAG, "").partition(" ")
    return process if run_id in ("", run.run_id) else ""


def _process_here(run: dg.DagsterRun) -> tuple[int, bool] | None:
    """Return the run's process on this host, and whether it is alive; None if it has none here."""
    host, _, process = _process_of(run).partition(":")
    number, _, start_ticks = process.partition(":")
    if host != socket.gethostname():
        return None
    return int(number), is_alive(int(number)) and start_ticks == _start_ticks(int(number))


def living_process(run: dg.DagsterRun) -> int | None:
    """Return the id of the process on this host that executes a run; None if there is none."""
    process, alive = _process_here(run) or (0, False)
    return process if alive else None


def _is_gone(run: dg.DagsterRun) -> bool:
    """Whether the run's process was on this host and no longer exists."""
    here = _process_here(run)
    return here is not None and not here[1]


def _never_began(record: dg.RunRecord, timeout: timedelta) -> bool:
    """Whether a run was started longer ago than `timeout` and has not reached its first step.

    The first step tags the run with its process, so a run killed earlier has no such tag.
    """
    run, idle = record.dagster_run, datetime.now(UTC) - record.update_timestamp
    started = run.status in (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)
    return started and not _process_of(run) and idle > timeout


def end_orphaned_runs(
    instance: dg.DagsterInstance, *, start_timeout: timedelta = START_TIMEOUT
) -> list[dg.DagsterRun]:
    """End the runs whose process is gone, as failures.

    Parameters
    ----------
    instance : DagsterInstance
        Instance that stores the runs.
    start_timeout : timedelta
        How long a started run may take to reach its first step.

    Returns
    -------
    list of DagsterRun
        The phases' runs (those with `PHASE_TAG`) that are still queued or in progress, newest
        first.
    """
    active = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_ACTIVE)):
        run = record.dagster_run
        if _is_gone(run) or _never_began(record, start_timeout):
            report_run_failure(instance, run, "The run's process is gone. What it made is kept.")
        elif PHASE_TAG in run.tags:
            active.append(run)
    return active
