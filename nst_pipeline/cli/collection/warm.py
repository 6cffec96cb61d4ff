"""`nst warm`: a process that is ready for the next run of the Dagster UI."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import numpy as np
import typer

from nst_pipeline.cli.collection.run import dagster_home
from nst_pipeline.cli.output import print_line, print_note
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.stopping import STOPPED_EXIT_CODE
from nst_pipeline.pipeline.engine.workspace import existing_workspace
from nst_pipeline.style.magenta import BUNDLED

_SCRIPT = "from nst_pipeline.cli import run_script; run_script()"
_SIDE, _EDGE = 96, 8
"""Of the pictures of the rehearsal, and of the transparent edge of its sticker, in pixels."""


def warm(again: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Keep a process ready for the runs that the Dagster UI launches; Ctrl-C ends it.

    It has imported what runs need, and loaded Magenta's network, so that a run of one scene takes
    half of the time. After each run, and when code or settings have changed, it starts anew.
    `make dev` starts it.
    """
    from nst_pipeline.defs.runs.warm import execute_next_run

    home = dagster_home()
    if not _offers_runs():
        print_note(f"{home}/dagster.yaml has another launcher: runs get processes of their own")
        return
    # While it waits, other processes need the GPU's memory, all of which TensorFlow would reserve.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # The shell of `make dev` lets background jobs ignore Ctrl-C, which must end a run.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not again:
        print_line(f"Keeping a process ready for the runs of {home}")
    try:
        execute_next_run(home, "nst_pipeline.definitions", _rehearse)
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED_EXIT_CODE) from None
    _start_anew()


def _offers_runs() -> bool:
    """Whether runs are launched by the launcher that offers them to this process."""
    import dagster as dg

    from nst_pipeline.defs.launcher import WarmRunLauncher

    with dg.DagsterInstance.get() as instance:
        return isinstance(instance.run_launcher, WarmRunLauncher)


def _start_anew() -> NoReturn:
    """Replace this process, so that each run begins in a fresh one."""
    os.execv(sys.executable, [sys.executable, "-c", _SCRIPT, "warm", "--again"])


def _rehearse() -> None:
    """Make a tiny composite, so that what runs need is imported and loaded.

    A network in a file of the user's is left to the run, because the file may change until then.
    """
    import nst_pipeline as nst
    from nst_pipeline.definitions import defs

    defs.get_repository_def()
    scene = np.random.default_rng(0).integers(0, 255, (_SIDE, _SIDE, 3), np.uint8)
    matte = np.pad(np.full((_SIDE - 2 * _EDGE,) * 2, 255, np.uint8), _EDGE)
    with suppress(NstError):  # The run will say what is missing.
        made = nst.compose(
            scene,
            np.dstack([scene, matte]),
            at=(_SIDE // 2, _SIDE - _EDGE),
            height=_SIDE // 2,
        )
        nst.harmonize(made.picture, made.matte)
        if existing_workspace().settings.magenta.handle == BUNDLED:
            nst.stylize(scene, scene)
