"""Executes the next run in this process, which has loaded beforehand what the run needs."""

import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from nst_pipeline.defs.dagster_internals import LAUNCHED_TAG, execute_launched, launched_from
from nst_pipeline.defs.resources import settings_when_loaded
from nst_pipeline.defs.runs.handover import Offer, listening, settings_of_environment, take
from nst_pipeline.defs.runs.orphans import record_process
from nst_pipeline.defs.same_build import code_digest_now


def execute_next_run(home: Path, module: str, prepare: Callable[[], object]) -> None:
    """Wait for a run, and execute it; one that this process does not fit is refused.

    A process of its own would import the code and read the settings as they are now. So this one
    refuses a run if they have changed since its start, and returns.

    Parameters
    ----------
    home
        Folder of the Dagster instance, which `DAGSTER_HOME` names.
    module
        The module of the code location.
    prepare
        Loads what runs need. Runs that are offered meanwhile wait for it.

    Raises
    ------
    NstError
        Another process waits already, or there can be no socket in the folder.
    """
    code, settings = code_digest_now(), settings_when_loaded()
    with dg.DagsterInstance.get() as instance:

        def accept(offer: Offer) -> bool:
            run = instance.get_run_by_id(offer.run_id)
            fits = (
                run is not None
                and LAUNCHED_TAG not in run.tags  # The launcher did not wait for an answer.
                and launched_from(run) == (sys.executable, module)
                and offer.environment == settings_of_environment()
                and code == code_digest_now()
                and settings == settings_when_loaded()
            )
            if fits:
                record_process(instance, offer.run_id)
            return fits

        with listening(home) as server:
            prepare()
            run_id = take(server, accept)
        run = instance.get_run_by_id(run_id) if run_id else None
        if run is not None:
            execute_launched(instance, run)
