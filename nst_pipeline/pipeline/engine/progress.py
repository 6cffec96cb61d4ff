"""Progress of a batch: a log line every few seconds, or whoever listens in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

from nst_pipeline.pipeline.engine.stopping import STOP

Progress = Callable[[str, int, int], None]
"""Told the asset, how many of its images are through, and how many there are."""

LISTENER: ContextVar[Progress | None] = ContextVar("progress listener", default=None)
"""Set by `nst run` to draw its bars."""

_LOG: ContextVar[Callable[[str], None] | None] = ContextVar("log of the run", default=None)
_LOG_EVERY_SECONDS = 5.0

Item = TypeVar("Item")


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
    """Tell the listener every step, and the log every few seconds with the time left."""
    _LOG.set(log)
    return _reporter(log)


def report_part(name: str) -> Callable[[int, int], None]:
    """Tell the same of a part of the work on one artifact, `dataset scenes` say.

    Returns:
        A function to be told after every step: how many are through, and how many there are.
    """
    report = _reporter(_LOG.get())

    def report_or_stop(through: int, total: int) -> None:
        report(name, through, total)
        STOP.raise_if_requested()

    return report_or_stop


def tracked(name: str, items: Iterable[Item], total: int) -> Iterator[Item]:
    """Hand items on one by one, and tell how many are through."""
    report = report_part(name)
    for through, item in enumerate(items, start=1):
        yield item
        report(through, total)


def report_steps(
    key: str, log_to: Callable[[str], None] | None = None
) -> Callable[[float, float], None]:
    """Tell a log every few seconds how far the work on one item is.

    Args:
        key: what is worked on.
        log_to: None: the run's log, where there is one.

    Returns:
        A function to be told after every step: the loss, and the share done, above 0 to 1.
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
