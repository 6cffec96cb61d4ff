"""Runs whose process is gone: `nst run` or the nightly job was killed in their middle.

Dagster watches the processes that it launched itself. Runs made inside another process look
started for ever once that is killed, and the sensor would wait for them.
"""

import os
import socket

import dagster as dg

from nst_pipeline.defs.jobs import PHASES
from nst_pipeline.defs.runs import PHASE_TAG

PROCESS_TAG = "nst/process"
"""Host and process id of what a run is made in, where Dagster did not launch it."""

_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def this_process() -> str:
    """The value of `PROCESS_TAG` for runs made here."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_gone(run: dg.DagsterRun) -> bool:
    """Whether the run's process was on this host and is no more."""
    host, _, process = run.tags.get(PROCESS_TAG, "").rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def active_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs of the collection that are queued or at work; those whose process is gone are ended."""
    filters = dg.RunsFilter(statuses=_ACTIVE, tags={PHASE_TAG: list(PHASES)})
    alive = []
    for run in instance.get_runs(filters):
        if _is_gone(run):
            instance.report_run_failed(run, "Its process is gone: what it made is kept.")
        else:
            alive.append(run)
    return alive
