"""Materializations are stored as one batch, and tell the same as if stored one by one."""

import dagster as dg
import pytest

from nst_pipeline.defs.events import report_materializations, reported_partitions

KEY = dg.AssetKey("pictures")
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION


def _materializations(keys):
    return [
        dg.AssetMaterialization(KEY, partition=key, tags={"dagster/data_version": f"of {key}"})
        for key in keys
    ]


@pytest.fixture
def instance(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def _run(instance, do):
    @dg.asset(key=KEY, dagster_type=dg.Nothing)
    def pictures(context: dg.AssetExecutionContext):
        do(context)

    return dg.materialize([pictures], instance=instance)


def test_each_partition_has_its_own_event_and_data_version(instance):
    keys = [f"k{number}" for number in range(1200)]  # more than one statement takes
    done = _run(instance, lambda context: report_materializations(context, _materializations(keys)))
    assert instance.get_materialized_partitions(KEY) == set(keys)
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        KEY, MATERIALIZED, ["dagster/data_version"]
    )
    assert all(tags[key]["dagster/data_version"] == f"of {key}" for key in keys)
    of_run = instance.get_records_for_run(done.run_id, of_type=MATERIALIZED).records
    assert [record.event_log_entry.dagster_event.partition for record in of_run][:1200] == keys


def test_an_event_is_what_dagster_would_have_stored(instance):
    def both(context):
        context.log_event(_materializations(["theirs"])[0])
        report_materializations(context, _materializations(["ours"]))

    done = _run(instance, both)
    theirs, ours = (
        record.event_log_entry
        for record in instance.get_records_for_run(done.run_id, of_type=MATERIALIZED).records[:2]
    )
    for name in ("level", "run_id", "step_key", "job_name"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.dagster_event._replace(event_specific_data=None, message="") == (
        theirs.dagster_event._replace(event_specific_data=None, message="")
    )


def test_only_the_partitions_asked_for_are_looked_up(instance):
    found = []

    def ask(context):
        report_materializations(context, _materializations(["a", "b", "c"]))
        found.append(reported_partitions(context, ["b", "unknown"]))

    _run(instance, ask)
    assert found == [{"b"}]
