"""Runs whose process is gone: it was killed, or the machine went down.

Dagster's default launcher does not look whether a run's process lives; such a run would look
started for ever, and queue and sensor would wait for it.
"""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from nst_pipeline.defs.dagster_internals import report_run_failure, tag_run
from nst_pipeline.defs.tags import PHASE_TAG, PROCESS_TAG
from nst_pipeline.storage.process import is_alive

_START_LONGEST = timedelta(minutes=3)
"""As Dagster's own monitoring has it, which looks at runs only until they have started."""
_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def _started(process: int) -> str:
    """When a process started, in the kernel's ticks: ids are used again. Empty off Linux."""
    try:
        # The name in parentheses may hold spaces; the start is the 20th field after it.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def this_process() -> str:
    """The value of `PROCESS_TAG` for runs made here: host, process id, start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def record_process(context: dg.AssetExecutionContext) -> None:
    """Tag the run with the process that makes it, so that its end can be noticed."""
    tag_run(context.instance, context.run_id, {PROCESS_TAG: this_process()})


def _is_gone(run: dg.DagsterRun) -> bool:
    """Whether the run's process was on this host and is no more."""
    host, _, process = run.tags.get(PROCESS_TAG, "").partition(":")
    number, _, started = process.partition(":")
    if host != socket.gethostname():
        return False
    return not is_alive(int(number)) or started != _started(int(number))


def _never_began(record: dg.RunRecord) -> bool:
    """Whether a run was started some time ago and its process has not come to its first step.

    That one tells the process; one that was killed before it is known by no tag.
    """
    run, idle = record.dagster_run, datetime.now(UTC) - record.update_timestamp
    begun = run.status in (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)
    return begun and PROCESS_TAG not in run.tags and idle > _START_LONGEST


def active_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The collection's runs that are queued or at work; those whose process is gone are ended."""
    alive = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_ACTIVE)):
        run = record.dagster_run
        if _is_gone(run) or _never_began(record):
            report_run_failure(instance, run, "Its process is gone: what it made is kept.")
        elif PHASE_TAG in run.tags:
            alive.append(run)
    return alive
