"""Materializations are stored in batches and looked up again."""

import dagster as dg
import pytest

from nst_pipeline.defs.assets.events import report_materializations, reported_partitions

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


@pytest.mark.slow
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


def test_only_the_given_partitions_are_looked_up(instance):
    found = []

    def ask(context):
        report_materializations(context, _materializations(["a", "b", "c"]))
        found.append(reported_partitions(context, ["b", "unknown"]))

    _run(instance, ask)
    assert found == [{"b"}]
