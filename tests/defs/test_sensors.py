"""The sensor: new photos in, runs out, nothing when nothing is new."""

import dagster as dg
import pytest
from upath import UPath

from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.sensors import inbox_sensor


@pytest.fixture
def tick(collection):
    """Evaluate the sensor once, with the cursor of the tick before."""
    cursor = None

    def evaluate():
        nonlocal cursor
        with collection.instance() as instance:
            context = dg.build_sensor_context(
                instance=instance,
                cursor=cursor,
                resources={"collection": CollectionResource(data=str(UPath(collection.root)))},
            )
            result = inbox_sensor(context)
        cursor = getattr(result, "cursor", cursor)
        return result

    return evaluate


def test_nothing_new_launches_nothing(tick):
    assert tick().run_requests == []
    assert isinstance(tick(), dg.SkipReason)


def test_a_dropped_scene_launches_the_scene_phase_over_it_alone(collection, tick):
    (collection.root / "scenes/again.jpg").write_bytes(
        (collection.root / "scenes/temple.jpg").read_bytes()
    )
    requests = tick().run_requests
    assert [request.job_name for request in requests] == ["scenes_job", "publish_job"]
    tags = requests[0].tags
    assert tags["dagster/asset_partition_range_start"].startswith("again")
    assert tags["dagster/asset_partition_range_end"].startswith("again")


def test_a_dropped_object_launches_all_phases_in_order(collection, tick):
    (collection.root / "objects/again.jpg").write_bytes(
        (collection.root / "objects/cat.jpg").read_bytes()
    )
    requests = tick().run_requests
    assert [request.job_name for request in requests] == [
        "objects_job",
        "library_job",
        "scenes_job",
        "publish_job",
    ]
    priorities = [int(request.tags["dagster/priority"]) for request in requests]
    assert priorities == sorted(priorities, reverse=True)


def test_a_deleted_photo_is_no_partition_any_more(collection, tick):
    (collection.root / "scenes/temple.jpg").unlink()
    tick()
    with collection.instance() as instance:
        assert not any(k.startswith("temple") for k in instance.get_dynamic_partitions("scenes"))
