"""Stops a run at a safe point: a signal sets a flag, and the work reads it.

A signal handler that raises would strike anywhere, also inside the standard library while it
starts a thread; the process then waits forever for a thread that it has lost track of. Here a
handler raises nothing. Whoever works asks `STOP` between two pieces of work.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from types import FrameType
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

STOPPED_EXIT_CODE = 130
"""What shells report for a command that Ctrl-C ended."""
GRACE_SECONDS = 6.0
"""How long a stopped command may take to reach a safe point before the process exits anyway."""
_POLL_SECONDS = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818 -- a stop is no error
    """The run was asked to stop. What was made is cataloged; the next run makes the rest."""


class StopFlag:
    """Whether work in this process should end at the next safe point.

    A plain attribute holds the state: a signal handler may run while the same thread holds the
    lock of a `threading.Event`, and would wait for it forever.
    """

    def __init__(self) -> None:
        self._requested = False

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested

    def request(self) -> None:
        """Ask the work to stop."""
        self._requested = True

    def clear(self) -> None:
        """Forget the request, so that the next run in this process can work."""
        self._requested = False

    def raise_if_requested(self) -> None:
        """Call this where stopping loses nothing.

        Raises
        ------
        Stopped
            Somebody asked to stop.
        """
        if self._requested:
            raise Stopped("the run was stopped")


STOP = StopFlag()
"""The flag of this process, because signals reach a process as a whole."""


@contextmanager
def stop_on_signals(flag: StopFlag = STOP) -> Iterator[None]:
    """Let SIGINT and SIGTERM set a flag in this context, instead of what they did before.

    A second signal has its former effect at once. A signal that was ignored before, as SIGINT is in
    a shell's background job, stays ignored. The former handlers return when the context
    ends, and the flag is cleared. In any thread but the main one, which alone receives signals,
    the context does nothing.
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
    """Call `work` in a thread, while the main thread takes the signals.

    Libraries that make SIGINT raise an exception, as Dagster does around an asset's function,
    do so in the main thread only.

    Parameters
    ----------
    work
        Reads `STOP`. It sees the caller's context variables.
    on_stop
        Called once after the first signal.
    on_quit
        Called before the process exits at once: after a second Ctrl-C, or if `work` reaches no
        safe point within `GRACE_SECONDS`. Nothing is damaged by this, because files and catalog
        commits appear whole or not at all; work that was not yet cataloged is repeated.

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


def quit_process() -> NoReturn:
    """End the process with `STOPPED_EXIT_CODE`, without waiting for threads or for its teardown.

    Python takes seconds to tear down a process that has loaded TensorFlow.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STOPPED_EXIT_CODE)
