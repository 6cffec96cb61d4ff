"""The partition sets follow the photos in the inboxes."""

import dagster as dg
import pytest

from nst_pipeline.defs.partitions import sync_partitions


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_new_keys_are_added_in_their_order(instance):
    assert sync_partitions(instance, "scenes", ["b", "a"]) == ["b", "a"]
    assert sync_partitions(instance, "scenes", ["c", "a", "b"]) == ["c"]
    assert instance.get_dynamic_partitions("scenes") == ["b", "a", "c"]


def test_missing_keys_are_deleted(instance):
    sync_partitions(instance, "scenes", ["a", "b"])
    assert sync_partitions(instance, "scenes", ["b"]) == []
    assert instance.get_dynamic_partitions("scenes") == ["b"]


def test_the_other_partition_set_does_not_change(instance):
    sync_partitions(instance, "objects", ["a"])
    sync_partitions(instance, "scenes", ["b"])
    assert instance.get_dynamic_partitions("objects") == ["a"]


def test_more_keys_are_added_than_sqlite_takes_in_one_statement(instance):
    keys = [f"k{number}" for number in range(20_001)]
    assert sync_partitions(instance, "scenes", keys) == keys
    assert instance.get_dynamic_partitions("scenes") == keys
