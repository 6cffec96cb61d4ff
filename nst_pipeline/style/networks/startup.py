"""Import TensorFlow for the first time, quietly if its log level asks for that."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nst_pipeline.machine_share import cpus

_STDERR = 2
_QUIET_LEVELS = {"2", "3"}


@contextmanager
def _discard_stderr() -> Iterator[None]:
    """Discard what native libraries write to the process's standard error."""
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _keep_all() -> Iterator[None]:
    """Look for no garbage: what TensorFlow's import makes stays, and looking took a fifth of it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _initialize() -> None:
    with _keep_all():
        import tensorflow as tf

    tf.config.list_physical_devices()
    with suppress(RuntimeError):  # TensorFlow is at work already, in someone's own program.
        tf.config.threading.set_intra_op_parallelism_threads(cpus())
        tf.config.threading.set_inter_op_parallelism_threads(cpus())


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for GPUs.

    TensorFlow prints notices before it reads `TF_CPP_MIN_LOG_LEVEL`, and an error if there is no
    GPU. Both are discarded if that variable is 2 or 3, as the command line and the Dagster code
    location set it. Elsewhere, as in a notebook, nothing is hidden.
    """
    if "tensorflow" not in sys.modules and os.environ.get("TF_CPP_MIN_LOG_LEVEL") in _QUIET_LEVELS:
        with _discard_stderr():
            _initialize()
    else:
        _initialize()
