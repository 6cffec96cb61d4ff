"""Executes the next run in this process, which has loaded beforehand what the run needs."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from nst_pipeline.defs.dagster_internals import LAUNCHED_TAG, execute_launched, launched_from
from nst_pipeline.defs.resources import settings_when_loaded
from nst_pipeline.defs.runs.handover import Offer, listening, settings_of_environment, take
from nst_pipeline.defs.runs.orphans import record_process
from nst_pipeline.defs.same_build import code_digest_now

_LOG = logging.getLogger(__name__)


def is_same_python(one: str, other: str) -> bool:
    """Check whether two paths are one interpreter of one virtual environment.

    An environment has several names of it: pip writes `python3` into scripts, and `make` calls
    `python`.
    """
    names = Path(one), Path(other)
    return names[0].parent == names[1].parent and names[0].resolve() == names[1].resolve()


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
            if run is None or LAUNCHED_TAG in run.tags:
                return False  # The launcher did not wait for an answer.
            executable, launched_module = launched_from(run) or ("", "")
            others = {
                "Python": not is_same_python(executable, sys.executable),
                "code location": launched_module != module,
                "environment": offer.environment != settings_of_environment(),
                "code": code != code_digest_now(),
                "settings": settings != settings_when_loaded(),
            }
            if unlike := ", ".join(name for name, is_other in others.items() if is_other):
                _LOG.warning("run %s gets its own process: other %s", offer.run_id, unlike)
                return False
            record_process(instance, offer.run_id)
            return True

        with listening(home) as server:
            prepare()
            run_id = take(server, accept)
        run = instance.get_run_by_id(run_id) if run_id else None
        if run is not None:
            execute_launched(instance, run)
