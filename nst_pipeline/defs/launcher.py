"""The launcher of runs that `dagster.yaml` names: it knows the process that `nst warm` keeps ready.

The process of a run takes seconds to start, to import libraries, and to load networks, which is
longer than one scene takes. A run that no process waits for is launched as Dagster does by default.
"""

import os
import signal
from pathlib import Path

import dagster as dg

from nst_pipeline.defs.dagster_internals import (
    LAUNCHED_TAG,
    LaunchRunContext,
    report_run_canceling,
)
from nst_pipeline.defs.runs.handover import offer
from nst_pipeline.defs.runs.orphans import living_process


class WarmRunLauncher(dg.DefaultRunLauncher):
    """Launches a run in the process that waits for one, else in a new process."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Hand a run over to the process that waits, or start another one."""
        if not offer(Path(self._instance.root_directory), context.dagster_run.run_id):
            super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run's process; return whether there was one to interrupt."""
        run = self._instance.get_run_by_id(run_id)
        process = None if run is None or LAUNCHED_TAG in run.tags else living_process(run)
        if run is None or run.is_finished or process is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        report_run_canceling(self._instance, run)
        os.kill(process, signal.SIGINT)
        return True
