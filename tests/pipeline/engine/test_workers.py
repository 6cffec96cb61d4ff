"""Several workers: the same results in the same order, sooner."""

import time
from threading import Barrier, Event, get_ident

import pytest

from nst_pipeline.pipeline.engine.workers import in_order, workers_for


def test_results_come_in_the_order_of_the_work():
    assert list(in_order(lambda n: n * n, range(50), 4)) == [n * n for n in range(50)]


def test_the_first_task_runs_alone_and_the_rest_concurrently():
    # Two must be in the making at once, or the barrier breaks.
    meet = Barrier(2, timeout=10)
    made = list(in_order(lambda n: n == 0 or meet.wait() >= 0, range(5), 2))
    assert made == [True] * 5


def test_a_single_worker_runs_in_the_callers_thread():
    assert set(in_order(lambda _: get_ident(), range(5), 1)) == {get_ident()}


def test_an_error_is_raised_in_order_and_ends_the_work():
    begun = []

    def work(number):
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    results = in_order(work, range(1000), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert len(begun) < 20


def test_tasks_in_progress_when_one_fails_still_give_their_results():
    begun = Event()

    def work(number):
        if number == 1:
            begun.wait(10)
            raise ValueError("one")
        if number == 2:
            begun.set()
            time.sleep(0.2)  # the first has failed by then
        return number

    handed_on, results = [], in_order(work, range(100), 2)
    with pytest.raises(ValueError, match="one"):
        for each in results:
            handed_on.append(each)
    assert handed_on[:2] == [0, 2]


def test_a_consumer_that_stops_early_cancels_the_rest():
    begun = []
    results = in_order(lambda number: begun.append(number) or number, range(1000), 2)
    assert next(results) == 0
    results.close()
    assert len(begun) < 20


def test_zero_workers_means_one_per_core_up_to_a_limit():
    assert 1 <= workers_for(0) <= 4
    assert workers_for(7) == 7
