"""Stops a run at a safe point: a signal sets a flag, and the work reads it.

A signal handler that raises an exception can interrupt anything, even the standard library while
it starts a thread; the process then waits forever for a thread that it has lost track of. The
handler here only sets `STOP`, and long work checks it between two steps.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from types import FrameType
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

STOPPED_EXIT_CODE = 130
"""What shells report for a command that Ctrl-C ended."""
GRACE_SECONDS = 6.0
"""Time for a stopped command to reach a safe point; after that, the process exits anyway."""
_POLL_SECONDS = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818 -- a stop is no error
    """A stop was requested. Finished artifacts are cataloged; the next run makes the rest."""


class StopFlag:
    """Whether work in this process should end at the next safe point.

    The state is a plain attribute, not a `threading.Event`: a signal handler that runs while its
    own thread holds the event's lock would wait for it forever.
    """

    def __init__(self) -> None:
        self._requested = False

    @property
    def requested(self) -> bool:
        """Whether a stop was requested."""
        return self._requested

    def request(self) -> None:
        """Request a stop."""
        self._requested = True

    def clear(self) -> None:
        """Withdraw the request, so that the next run in this process can work."""
        self._requested = False

    def raise_if_requested(self) -> None:
        """End the work if a stop was requested; call this where stopping loses nothing.

        Raises
        ------
        Stopped
            A stop was requested.
        """
        if self._requested:
            raise Stopped("the run was stopped")


STOP = StopFlag()
"""The flag of this process; signals reach a process as a whole."""


@contextmanager
def stop_on_signals(flag: StopFlag = STOP) -> Iterator[None]:
    """Make SIGINT and SIGTERM set a flag while the context is open.

    The second signal has its former effect at once. A signal that was ignored before, as SIGINT is
    in a shell's background job, stays ignored. On leaving, the context restores the former handlers
    and clears the flag. It does nothing outside the main thread, which alone receives signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) or signal.SIG_DFL for number in _SIGNALS}
    former = {number: each for number, each in handlers.items() if each != signal.SIG_IGN}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if flag.requested:
            restore()
            signal.raise_signal(number)
        flag.request()

    try:
        for number in former:
            signal.signal(number, handle)
        yield
    finally:
        restore()
        flag.clear()


def run_until_stopped(
    work: Callable[[], Result],
    *,
    on_stop: Callable[[], object] = lambda: None,
    on_quit: Callable[[], object] = lambda: None,
) -> Result:
    """Call `work` in a thread, while the main thread handles the signals.

    Dagster makes SIGINT raise an exception around an asset's function, but only if the function
    runs in the main thread.

    Parameters
    ----------
    work
        Checks `STOP` now and then. It sees the caller's context variables.
    on_stop
        Called once, after the first signal.
    on_quit
        Called before the process exits at once: after a second Ctrl-C, or if `work` reaches no
        safe point within `GRACE_SECONDS`. This damages nothing, because files and catalog commits
        appear whole or not at all; the next run repeats work that was not yet cataloged.

    Returns
    -------
    The return value of `work`.

    Raises
    ------
    Stopped
        `work` ended early.
    """
    with stop_on_signals(), ThreadPoolExecutor(1, thread_name_prefix="run") as pool:
        future = pool.submit(copy_context().run, work)
        stopped_at: float | None = None
        try:
            while not wait([future], timeout=_POLL_SECONDS).done:
                if STOP.requested and stopped_at is None:
                    stopped_at = time.monotonic()
                    on_stop()
                elif stopped_at is not None and time.monotonic() - stopped_at > GRACE_SECONDS:
                    on_quit()
                    quit_process()
        except KeyboardInterrupt:
            on_quit()
            quit_process()
        return future.result()


def quit_process(code: int = STOPPED_EXIT_CODE) -> NoReturn:
    """End the process, without waiting for threads or Python's teardown.

    The teardown takes seconds in a process that has loaded TensorFlow. And a thread in which Arrow
    read a file may come back during it, and abort a process that has done all its work
    (apache/arrow, issue 34314).
    """
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
