"""Reports progress to a listener in this process, and to a log every few seconds.

Long work also checks for a requested stop whenever it reports.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

from nst_pipeline.pipeline.engine.stopping import STOP

Progress = Callable[[str, int, int], None]
"""Called with a name, such as an asset's, the number of items done, and their total number."""

LISTENER: ContextVar[Progress | None] = ContextVar("progress listener", default=None)
"""Set by `nst run` to draw its bars."""

_LOG: ContextVar[Callable[[str], None] | None] = ContextVar("log of the run", default=None)
_LOG_EVERY_SECONDS = 5.0

Element = TypeVar("Element")


def _reporter(log: Callable[[str], None] | None) -> Progress:
    started = logged = time.monotonic()

    def report(name: str, through: int, total: int) -> None:
        nonlocal logged
        listener, now = LISTENER.get(), time.monotonic()
        if listener is not None:
            listener(name, through, total)
        if log is not None and now - logged > _LOG_EVERY_SECONDS:
            logged = now
            left = (now - started) / through * (total - through)
            log(f"{name}: {through} of {total}, {left:.0f} s left")

    return report


def report_progress(log: Callable[[str], None]) -> Progress:
    """Return a function that reports to the listener, and to `log` with the time left."""
    _LOG.set(log)
    return _reporter(log)


def report_part(name: str) -> Callable[[int, int], None]:
    """Report the progress of one part of the work on an artifact.

    Parameters
    ----------
    name
        Name of the part, such as `dataset scenes`.

    Returns
    -------
    callable
        Call it after every step with the number of items done and their total number. It raises
        `Stopped` once a stop was requested.
    """
    report = _reporter(_LOG.get())

    def report_or_stop(through: int, total: int) -> None:
        report(name, through, total)
        STOP.raise_if_requested()

    return report_or_stop


def tracked(name: str, elements: Iterable[Element], total: int) -> Iterator[Element]:
    """Yield elements one by one and report how many are done.

    Raises
    ------
    Stopped
        A stop was requested.
    """
    report = report_part(name)
    for through, element in enumerate(elements, start=1):
        yield element
        report(through, total)


def report_steps(
    key: str, log_to: Callable[[str], None] | None = None
) -> Callable[[float, float], None]:
    """Log the progress of an optimization every few seconds.

    Parameters
    ----------
    key
        Name of the image.
    log_to
        Function that logs a line; None for the run's log, if there is one.

    Returns
    -------
    callable
        Call it after every step with the loss and the share done, above 0 to 1. It raises
        `Stopped` once a stop was requested.
    """
    started = logged = time.monotonic()

    def report(loss: float, share_done: float) -> None:
        nonlocal logged
        STOP.raise_if_requested()
        log, now = log_to or _LOG.get(), time.monotonic()
        if log is not None and now - logged > _LOG_EVERY_SECONDS:
            logged = now
            left = (now - started) / share_done * (1 - share_done)
            log(f"{key}: loss {loss:.4g}, {left:.0f} s left at most")

    return report
