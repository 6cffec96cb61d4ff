"""Long pieces of work report their progress."""

import pytest

from nst_pipeline.pipeline.engine import progress
from nst_pipeline.pipeline.engine.progress import (
    LISTENER,
    report_progress,
    report_steps,
    tracked,
)
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped


def test_the_listener_is_called_for_every_item():
    heard = []
    token = LISTENER.set(lambda *report: heard.append(report))
    try:
        assert list(tracked("scenes", "abc", 3)) == ["a", "b", "c"]
    finally:
        LISTENER.reset(token)
    assert heard == [("scenes", 1, 3), ("scenes", 2, 3), ("scenes", 3, 3)]


def test_a_stop_ends_long_work_at_its_next_step():
    STOP.request()
    try:
        with pytest.raises(Stopped):
            list(tracked("scenes", "abc", 3))
        with pytest.raises(Stopped):
            report_steps("scene")(1.0, 0.5)
    finally:
        STOP.clear()


def test_the_log_gets_a_line_every_few_seconds(monkeypatch):
    now, lines = [0.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    report_progress(lines.append)
    for _ in tracked("scenes", range(10), 10):
        now[0] += 2
    assert lines == [
        "scenes: 3 of 10, 14 s left",
        "scenes: 6 of 10, 8 s left",
        "scenes: 9 of 10, 2 s left",
    ]
