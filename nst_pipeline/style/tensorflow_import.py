"""TensorFlow and TensorFlow Hub, imported late and without their start-up chatter."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_EVERYTHING, _ERRORS_ONLY = "0", "2"
_STDERR = 2


@contextmanager
def _quiet() -> Iterator[None]:
    """Send the process's standard error nowhere: libraries write to it past Python and its log."""
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


def import_tensorflow() -> Any:
    """Import TensorFlow on first use (seconds) and return the module.

    Only its errors are shown, and none while it looks for GPUs; `TF_CPP_MIN_LOG_LEVEL=0` in the
    environment shows everything.
    """
    if "tensorflow" not in sys.modules and os.environ.get(_LOG_LEVEL) != _EVERYTHING:
        os.environ.setdefault(_LOG_LEVEL, _ERRORS_ONLY)
        with _quiet():
            import tensorflow

            tensorflow.config.list_physical_devices()
    import tensorflow

    return tensorflow


def import_tensorflow_hub() -> Any:
    """Import TensorFlow Hub on first use and return the module."""
    import_tensorflow()
    with warnings.catch_warnings():
        # It imports pkg_resources, which warns of its own end.
        warnings.simplefilter("ignore", UserWarning)
        import tensorflow_hub

    return tensorflow_hub
