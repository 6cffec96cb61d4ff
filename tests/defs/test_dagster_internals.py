"""What the package relies on in Dagster beyond its public API, shown on real instances.


A failure here after an upgrade of Dagster says which entry of `dagster_internals` has to change.
"""

import os
import shutil
from collections.abc import Callable
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from nst_pipeline.defs.dagster_internals import (
    BACKFILL_TAG,
    NO_MATERIALIZATION_KEY,
    PRIORITY_TAG,
    RANGE_END_TAG,
    RANGE_START_TAG,
    execute_here,
    is_stop,
    latest_event_id,
    latest_materialization_ids,
    materialization_entry,
    partition_range,
    partition_range_tags,
    plan_runs_as_ranges,
    report_run_failure,
    report_run_success,
    step_failure_message,
    store_materializations,
    tag_run,
    version_event_tags,
)
from nst_pipeline.errors import SettingError

pytestmark = pytest.mark.slow

LETTERS = dg.DynamicPartitionsDefinition(name="letters")
PICTURES = dg.AssetKey("pictures")
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
NO_SERVER = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="nowhere")
IN_MEMORY_QUEUE = {
    "run_launcher": {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"},
    "run_queue": {"max_concurrent_runs": 10},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Dagster's SQLite databases with partitions a to e: to create them takes two seconds."""
    folder = tmp_path_factory.mktemp("home")
    with dg.DagsterInstance.local_temp(str(folder), overrides=IN_MEMORY_QUEUE) as instance:
        instance.add_dynamic_partitions("letters", list("abcde"))
    return folder


@pytest.fixture
def instance(home, tmp_path):
    """An instance in SQLite, which is what the shipped `dagster.yaml` makes."""
    copy = shutil.copytree(home, tmp_path / "home")
    with dg.DagsterInstance.local_temp(str(copy), overrides=IN_MEMORY_QUEUE) as instance:
        yield instance


def _materialize(
    instance: dg.DagsterInstance,
    keys: list[str],
    body: Callable[[dg.AssetExecutionContext], object],
    **options,
) -> dg.ExecuteInProcessResult:
    """Run an asset `pictures` over a range of partitions, and an asset `gallery` after it."""

    @dg.asset(partitions_def=LETTERS, dagster_type=dg.Nothing)
    def pictures(context: dg.AssetExecutionContext):
        body(context)
        yield dg.Output(None, metadata={NO_MATERIALIZATION_KEY: True})

    @dg.asset(deps=[pictures], partitions_def=LETTERS, dagster_type=dg.Nothing)
    def gallery():
        return None

    job = dg.Definitions(
        assets=[pictures, gallery], jobs=[dg.define_asset_job("all_job")]
    ).resolve_job_def("all_job")
    tags = partition_range_tags(keys[0], keys[-1])
    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False, **options)


def _report(context: dg.AssetExecutionContext, keys: list[str]) -> None:
    entries = [
        materialization_entry(context, dg.AssetMaterialization(PICTURES, partition=key))
        for key in keys
    ]
    store_materializations(context.instance, entries)


def test_tags_are_spelled_as_in_runs_that_are_already_stored():
    assert (BACKFILL_TAG, PRIORITY_TAG) == ("dagster/backfill", "dagster/priority")
    assert RANGE_START_TAG == "dagster/asset_partition_range_start"
    assert RANGE_END_TAG == "dagster/asset_partition_range_end"
    assert version_event_tags("v", "1", {"photos": "w"}, inputs_read_at=7) == {
        "dagster/data_version": "v",
        "dagster/code_version": "1",
        "dagster/input_data_version/photos": "w",
        "dagster/input_event_pointer/photos": "7",
    }


def test_range_tags_make_one_run_cover_the_range(instance):
    seen = []
    done = _materialize(instance, ["b", "d"], lambda context: seen.extend(context.partition_keys))
    assert done.success
    assert seen == ["b", "c", "d"]
    assert partition_range(done.dagster_run) == ("b", "d")


def test_a_run_without_both_range_tags_covers_no_range():
    assert partition_range(dg.DagsterRun(job_name="any")) is None
    assert partition_range(dg.DagsterRun(job_name="any", tags={RANGE_START_TAG: "b"})) is None


def test_partitions_that_failed_get_no_materialization_and_the_next_asset_still_runs(instance):
    done = _materialize(instance, ["a", "d"], lambda context: _report(context, ["a", "d"]))
    assert done.success
    assert instance.get_materialized_partitions(PICTURES) == {"a", "d"}
    assert instance.get_materialized_partitions(dg.AssetKey("gallery")) == set("abcd")


def test_a_batch_of_events_is_read_back_from_sqlite_in_order(instance):
    keys = list("cab")
    done = _materialize(instance, ["a", "c"], lambda context: _report(context, keys))
    records = instance.fetch_materializations(PICTURES, limit=10, ascending=True).records
    assert [record.partition_key for record in records] == keys
    of_run = instance.get_records_for_run(done.run_id, of_type=MATERIALIZED).records
    partitions = [record.event_log_entry.dagster_event.partition for record in of_run]
    assert partitions[:3] == keys
    latest = instance.get_latest_materialization_event(PICTURES)
    assert latest.asset_materialization.partition == "b"


def test_an_event_equals_the_one_that_dagster_would_store(instance):
    def both(context):
        context.log_event(dg.AssetMaterialization(PICTURES, partition="a"))
        _report(context, ["b"])

    _materialize(instance, ["a", "b"], both)
    theirs, ours = (
        record.event_log_entry
        for record in instance.fetch_materializations(PICTURES, limit=2, ascending=True).records
    )
    for name in ("level", "run_id", "step_key", "job_name"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.dagster_event._replace(event_specific_data=None, message="") == (
        theirs.dagster_event._replace(event_specific_data=None, message="")
    )


def test_the_newest_materialization_is_looked_up_among_the_given_partitions_only(instance):
    _materialize(instance, ["a", "c"], lambda context: _report(context, ["a", "b", "a"]))
    records = instance.fetch_materializations(PICTURES, limit=10).records
    found = latest_materialization_ids(instance, PICTURES, ["a", "c"])
    assert found == {"a": records[0].storage_id}


def test_the_newest_event_is_no_older_than_any_materialization(instance):
    assert latest_event_id(instance) == 0
    _materialize(instance, ["a", "b"], lambda context: _report(context, ["a", "b"]))
    newest = instance.fetch_materializations(PICTURES, limit=1).records[0].storage_id
    assert latest_event_id(instance) >= newest > 0


@pytest.mark.parametrize(("value", "events"), [("1", 1), ("0", 3)])
def test_a_range_is_planned_in_one_event_for_each_asset(instance, monkeypatch, value, events):
    monkeypatch.setenv("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", value)
    plan_runs_as_ranges()  # what the user has set stays
    done = _materialize(instance, ["a", "c"], lambda _: None)
    planned = instance.get_records_for_run(done.run_id, of_type=PLANNED).records
    assert len(planned) == 2 * events


def test_planning_as_ranges_is_the_default(monkeypatch):
    monkeypatch.delenv("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", raising=False)
    plan_runs_as_ranges()
    assert os.environ["DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS"] == "1"


@dg.asset(code_version="1")
def photos():
    return None


@dg.asset(code_version="1", deps=[photos])
def sheet():
    return None


def _sheet_status(instance) -> StaleStatus:
    graph = dg.Definitions(assets=[photos, sheet]).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return resolver.get_status(dg.AssetKey("sheet"))


def _report_version(instance, name, version, inputs):
    tags = version_event_tags(version, "1", inputs, inputs_read_at=latest_event_id(instance))
    instance.report_runless_asset_event(dg.AssetMaterialization(name, tags=tags))


def test_an_asset_is_out_of_date_only_once_its_input_has_another_version(instance):
    _report_version(instance, "photos", "first", {})
    _report_version(instance, "sheet", "made of first", {"photos": "first"})
    assert _sheet_status(instance) == StaleStatus.FRESH
    _report_version(instance, "photos", "first", {})
    assert _sheet_status(instance) == StaleStatus.FRESH
    _report_version(instance, "photos", "second", {})
    assert _sheet_status(instance) == StaleStatus.STALE


def _queued(instance, priority: int) -> dg.DagsterRun:
    run = dg.DagsterRun(
        job_name="all_job",
        status=dg.DagsterRunStatus.QUEUED,
        tags={PRIORITY_TAG: str(priority)},
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(NO_SERVER, "all"), "all_job"),
    )
    return instance.add_run(run)


def test_the_queue_starts_by_priority_and_skips_runs_ended_as_a_success(instance):
    low, done, high = (_queued(instance, priority) for priority in (-2, 0, -1))
    report_run_success(instance, done, "made by a sibling")
    assert instance.get_run_by_id(done.run_id).status == dg.DagsterRunStatus.SUCCESS
    context = SimpleNamespace(instance=instance, create_request_context=lambda: None)
    with QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon:
        list(daemon.run_iteration(context))
    assert [run.run_id for run in instance.run_launcher.queue()] == [high.run_id, low.run_id]


def test_a_run_is_ended_as_a_failure_with_a_message(instance):
    run = instance.add_run(dg.DagsterRun("all_job", status=dg.DagsterRunStatus.STARTED))
    report_run_failure(instance, run, "its process is gone")
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
    (event,) = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE
    ).records
    assert "its process is gone" in event.event_log_entry.message


def test_tags_can_be_added_to_a_run_in_progress(instance):
    run = instance.add_run(
        dg.DagsterRun("all_job", status=dg.DagsterRunStatus.STARTED, tags={"kept": "1"})
    )
    tag_run(instance, run.run_id, {"nst/process": "host:1:2"})
    assert instance.get_run_by_id(run.run_id).tags == {"kept": "1", "nst/process": "host:1:2"}


def _failing_job(error: BaseException) -> dg.JobDefinition:
    @dg.op
    def fail():
        raise error

    @dg.job(executor_def=dg.in_process_executor)
    def failing_job():
        fail()

    return failing_job


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (dg.Failure("no photos"), "no photos"),
        (ValueError("no photos"), "ValueError: no photos"),
        (SettingError("setting x: no photos"), "setting x: no photos"),
    ],
)
def test_a_failed_step_gives_the_message_of_its_exception(instance, error, message):
    done = _failing_job(error).execute_in_process(instance=instance, raise_on_error=False)
    (event,) = done.get_step_failure_events()
    assert step_failure_message(event) == message
    assert not any(map(is_stop, done.all_events))


def test_a_run_executed_here_belongs_to_the_code_location(instance):
    """By its origin, the UI lists it on Overview; by its tag, with its job."""
    done = execute_here(
        instance,
        _failing_job(dg.Failure("no photos")),
        code_location="nst_pipeline",
        module="nst_pipeline.definitions",
        asset_keys=[],
        tags={"kept": "1"},
        run_config={},
    )
    (event,) = done.get_step_failure_events()
    assert step_failure_message(event) == "no photos"
    in_location = dg.RunsFilter(tags={".dagster/repository": "__repository__@nst_pipeline"})
    (run,) = instance.get_runs(in_location)
    assert (run.run_id, run.status) == (done.run_id, dg.DagsterRunStatus.FAILURE)
    assert run.tags["kept"] == "1"
    assert run.remote_job_origin.job_name == "failing_job"
    assert run.remote_job_origin.repository_origin.get_label() == "__repository__@nst_pipeline"


def test_an_interrupted_run_counts_as_stopped(instance):
    job = _failing_job(dg.DagsterExecutionInterruptedError())
    done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert any(map(is_stop, done.all_events))


def test_a_canceled_run_counts_as_stopped(instance):
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_CANCELED.value, "all_job")
    assert is_stop(event)
