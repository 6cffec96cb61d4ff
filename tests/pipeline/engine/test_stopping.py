"""A stop is a flag that the work reads: signals raise nothing."""

import os
import signal
import subprocess
import sys
import time
from contextvars import ContextVar
from threading import Thread, current_thread, main_thread

import pytest

from nst_pipeline.pipeline.engine.stopping import (
    STOP,
    Stopped,
    run_until_stopped,
    stop_on_signals,
)

_WHO: ContextVar[str] = ContextVar("who", default="nobody")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_sets_the_flag_and_interrupts_nothing(number):
    with stop_on_signals():
        assert not STOP.requested
        signal.raise_signal(number)
        assert STOP.requested
        with pytest.raises(Stopped):
            STOP.raise_if_requested()
    assert not STOP.requested


def test_a_second_signal_has_its_former_effect():
    with pytest.raises(KeyboardInterrupt), stop_on_signals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert not STOP.requested


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_on_signals():
            signal.raise_signal(signal.SIGINT)
            assert not STOP.requested
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_former_handlers_return_at_the_end():
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with stop_on_signals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_thread_leaves_handlers_and_flag_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with stop_on_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    STOP.request()
    try:
        thread = Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [before] and STOP.requested
    finally:
        STOP.clear()


def test_work_runs_beside_the_main_thread_in_the_callers_context():
    _WHO.set("the caller")
    assert run_until_stopped(lambda: (_WHO.get(), current_thread() is main_thread())) == (
        "the caller",
        False,
    )


def test_an_exception_in_the_work_reaches_the_caller():
    def work():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run_until_stopped(work)


def test_stopped_work_ends_at_its_next_safe_point():
    heard = []

    def work():
        os.kill(os.getpid(), signal.SIGINT)
        while not heard:  # on_stop comes while the work goes on
            time.sleep(0.01)
        STOP.raise_if_requested()

    with pytest.raises(Stopped):
        run_until_stopped(work, on_stop=lambda: heard.append("stop"))
    assert heard == ["stop"]
    assert not STOP.requested


@pytest.mark.parametrize("second", ["os.kill(os.getpid(), signal.SIGINT)", "None"])
def test_work_without_a_safe_point_does_not_keep_the_process_alive(second):
    """A second Ctrl-C quits at once; without one the period of grace ends."""
    code = f"""
import os, signal, time
from nst_pipeline.pipeline.engine import stopping
stopping.GRACE_SECONDS = 0.5
def work():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)
    {second}
    time.sleep(600)
stopping.run_until_stopped(work, on_quit=lambda: print("quit"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (130, "quit\n"), done.stderr
