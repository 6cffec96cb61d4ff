"""Runs in the main thread, as Dagster launches them: a signal ends them at a safe point."""

import os
import signal
import time
from threading import Thread

import dagster as dg
import pytest

from nst_pipeline.pipeline.engine.stopping import STOP, Stopped
from nst_pipeline.pipeline.upkeep.verify import verify


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_recorded_and_the_next_one_makes_the_rest(collection, number):
    composites = collection.root / "artifacts/composites"
    for path in composites.iterdir():
        path.unlink()

    def stop_after_the_first_composite():
        while not any(composites.iterdir()):
            time.sleep(0.005)
        os.kill(os.getpid(), number)

    stopper = Thread(target=stop_after_the_first_composite)
    stopper.start()
    with pytest.raises(Stopped):
        collection.update()
    stopper.join()
    assert not STOP.requested
    with collection.instance() as instance:
        (run,) = instance.get_runs(limit=1)
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert all(each.success for each in collection.update())
    assert verify(collection.open()) == []
