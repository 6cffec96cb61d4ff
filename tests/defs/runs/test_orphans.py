"""Runs whose process is gone are ended; the others are left alone."""

import subprocess
from datetime import timedelta

import dagster as dg
import pytest

from nst_pipeline.defs.runs.orphans import end_orphaned_runs, record_process, this_process
from nst_pipeline.defs.tags import PHASE_TAG, PROCESS_TAG


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def _started_run(instance, **tags: str) -> str:
    run = dg.DagsterRun("scenes_job", status=dg.DagsterRunStatus.STARTED, tags=tags)
    return instance.add_run(run).run_id


def _status(instance, run_id: str) -> dg.DagsterRunStatus:
    return instance.get_run_by_id(run_id).status


def _finished_process() -> str:
    host, _, _ = this_process().partition(":")
    finished = subprocess.Popen(["true"])
    finished.wait()
    return f"{host}:{finished.pid}:1"


def test_a_run_of_a_living_process_is_active(instance):
    run_id = _started_run(instance, **{PHASE_TAG: "scenes", PROCESS_TAG: this_process()})
    assert [run.run_id for run in end_orphaned_runs(instance)] == [run_id]
    assert _status(instance, run_id) == dg.DagsterRunStatus.STARTED


def test_a_run_whose_process_has_ended_is_ended_as_a_failure(instance):
    run_id = _started_run(instance, **{PHASE_TAG: "scenes", PROCESS_TAG: _finished_process()})
    assert end_orphaned_runs(instance) == []
    assert _status(instance, run_id) == dg.DagsterRunStatus.FAILURE


def test_a_process_that_only_has_the_same_id_does_not_keep_a_run_alive(instance):
    host, process_id, _ = this_process().split(":")
    run_id = _started_run(instance, **{PROCESS_TAG: f"{host}:{process_id}:another-start"})
    end_orphaned_runs(instance)
    assert _status(instance, run_id) == dg.DagsterRunStatus.FAILURE


def test_a_run_that_is_retried_is_not_taken_for_the_one_whose_tags_it_has(instance):
    of_the_first = f"{_finished_process()} 0123"
    run_id = _started_run(instance, **{PHASE_TAG: "scenes", PROCESS_TAG: of_the_first})
    assert [run.run_id for run in end_orphaned_runs(instance)] == [run_id]


def test_a_run_on_another_host_is_left_alone(instance):
    run_id = _started_run(instance, **{PHASE_TAG: "scenes", PROCESS_TAG: "another-host:1:1"})
    assert [run.run_id for run in end_orphaned_runs(instance)] == [run_id]


def test_a_run_that_never_reaches_its_first_step_is_ended_after_a_while(instance):
    run_id = _started_run(instance, **{PHASE_TAG: "scenes"})
    assert [run.run_id for run in end_orphaned_runs(instance)] == [run_id]
    assert end_orphaned_runs(instance, start_timeout=timedelta(0)) == []
    assert _status(instance, run_id) == dg.DagsterRunStatus.FAILURE


def test_a_queued_run_may_wait_forever(instance):
    run = dg.DagsterRun("scenes_job", tags={PHASE_TAG: "scenes"})  # not started
    run_id = instance.add_run(run).run_id
    active = end_orphaned_runs(instance, start_timeout=timedelta(0))
    assert [run.run_id for run in active] == [run_id]


def test_runs_that_somebody_launched_by_hand_are_not_waited_for(instance):
    run_id = _started_run(instance, **{PROCESS_TAG: this_process()})
    assert end_orphaned_runs(instance) == []
    assert _status(instance, run_id) == dg.DagsterRunStatus.STARTED


def test_a_step_records_its_process(instance):
    @dg.asset
    def photos(context: dg.AssetExecutionContext):
        record_process(context.instance, context.run_id)

    done = dg.materialize([photos], instance=instance)
    tag = instance.get_run_by_id(done.run_id).tags[PROCESS_TAG]
    assert tag == f"{this_process()} {done.run_id}"
