"""Progress of a batch: a log line every few seconds, or whoever listens in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

from nst_pipeline.pipeline.batch import Progress

LISTENER: ContextVar[Progress | None] = ContextVar("progress listener", default=None)
"""Set by `nst run` to draw its bars."""

_LOG_EVERY_SECONDS = 5.0


def report_progress(log: Callable[[str], None]) -> Progress:
    """Tell the listener every step, and the log every few seconds with the time left."""
    started = logged = time.monotonic()

    def report(asset: str, through: int, total: int) -> None:
        nonlocal logged
        listener, now = LISTENER.get(), time.monotonic()
        if listener is not None:
            listener(asset, through, total)
        if now - logged > _LOG_EVERY_SECONDS:
            logged = now
            left = (now - started) / through * (total - through)
            log(f"{asset}: {through} of {total}, {left:.0f} s left")

    return report
