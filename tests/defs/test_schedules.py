"""The nightly job."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository

from nst_pipeline.definitions import defs
from nst_pipeline.defs.dagster_internals import step_failure_message
from nst_pipeline.defs.tags import FAILED_RUNS
from tests.defs.conftest import SETTINGS

CODE_LOCATION = ReconstructableRepository.for_module("nst_pipeline.definitions", "defs")


@contextmanager
def _nightly_run(collection) -> Iterator[dg.JobExecutionResult]:
    """Execute the job as the daemon does: with the repository that it finds the phases' jobs in."""
    job = CODE_LOCATION.get_reconstructable_job("nightly_job")
    with collection.instance() as instance, dg.execute_job(job, instance) as done:
        yield done


def test_the_nightly_job_processes_new_photos_and_records_each_phase_as_a_run(collection):
    scenes = collection.root / "scenes"
    (scenes / "again.jpg").write_bytes((scenes / "temple.jpg").read_bytes())
    with _nightly_run(collection) as done:
        assert done.success
    assert any(key.startswith("again") for key in collection.rows("harmonized"))
    with collection.instance() as instance:
        runs = instance.get_run_records(limit=3)
    names = [record.dagster_run.job_name for record in runs]
    assert names == ["publish_job", "scenes_job", "nightly_job"]


def test_a_nightly_job_with_nothing_due_confirms_up_to_date_assets(collection):
    with _nightly_run(collection) as done:
        assert done.success
    with collection.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("gallery"))
    assert event.run_id == ""  # reported outside a run


def test_a_failed_phase_fails_the_nightly_job_with_its_reason(collection):
    settings = collection.root / "nst.toml"
    settings.write_text(SETTINGS.replace("[recipes]", "[recipes]\nstyle = 'nowhere.jpg'"))
    with _nightly_run(collection) as done, collection.instance() as instance:
        assert not done.success
        (event,) = done.get_step_failure_events()
        told = event.step_failure_data.user_failure_data.metadata[FAILED_RUNS].value
        failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], job_name="scenes_job")
        assert told == [run.run_id for run in instance.get_runs(failed)]
    assert "setting recipes.style: nowhere.jpg cannot be read" in step_failure_message(event)


@pytest.mark.parametrize(
    ("name", "cron"), [("nightly", "0 2 * * *"), ("weekly_maintenance", "0 5 * * 0")]
)
def test_each_schedule_has_its_time(name, cron):
    assert defs.resolve_schedule_def(name).cron_schedule == cron
