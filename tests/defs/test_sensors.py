"""The sensor launches runs for new photos, and none if there is nothing new."""

import subprocess

import dagster as dg
import pytest
from upath import UPath

from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs import plans
from nst_pipeline.defs.runs.orphans import this_process
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


def test_without_new_photos_nothing_is_launched(tick):
    first = tick()
    assert not first.run_requests
    assert first.skip_reason.skip_message == "everything is up to date"
    assert isinstance(tick(), dg.SkipReason)


def test_a_new_scene_launches_the_scenes_phase_for_it_alone(collection, tick):
    (collection.root / "scenes/again.jpg").write_bytes(
        (collection.root / "scenes/temple.jpg").read_bytes()
    )
    requests = tick().run_requests
    assert [request.job_name for request in requests] == ["scenes_job", "publish_job"]
    tags = requests[0].tags
    assert tags["dagster/asset_partition_range_start"].startswith("again")
    assert tags["dagster/asset_partition_range_end"].startswith("again")


def test_a_new_object_photo_launches_all_phases_in_order(collection, tick):
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


def test_the_partition_of_a_deleted_photo_is_deleted(collection, tick):
    (collection.root / "scenes/temple.jpg").unlink()
    tick()
    with collection.instance() as instance:
        assert not any(k.startswith("temple") for k in instance.get_dynamic_partitions("scenes"))


def _started_run(collection, process):
    run = dg.DagsterRun(
        job_name="scenes_job",
        status=dg.DagsterRunStatus.STARTED,
        tags={"nst/phase": "scenes", "nst/process": process},
    )
    with collection.instance() as instance:
        return instance.add_run(run).run_id


def test_the_sensor_waits_for_a_run_in_progress(collection, tick):
    run_id = _started_run(collection, this_process())
    assert run_id in tick().skip_message


def test_a_run_whose_process_is_gone_is_ended_and_not_waited_for(collection, tick):
    finished = subprocess.Popen(["true"])
    finished.wait()
    host, _, _ = this_process().partition(":")
    run_id = _started_run(collection, f"{host}:{finished.pid}:1")
    tick()
    with collection.instance() as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_run_that_cannot_succeed_is_launched_only_three_times(collection, tick):
    (collection.root / "scenes/again.jpg").write_bytes(
        (collection.root / "scenes/temple.jpg").read_bytes()
    )
    launched = [getattr(tick(), "run_requests", []) for _ in range(5)]
    assert [bool(requests) for requests in launched] == [True, True, True, False, False]


def test_in_a_large_collection_only_the_first_phase_that_is_due_is_launched(
    collection, tick, monkeypatch
):
    """What follows is known when it is done; most runs launched now would find nothing to do."""
    monkeypatch.setattr(plans, "IMAGES_PER_RUN", 2)
    (collection.root / "objects/again.jpg").write_bytes(
        (collection.root / "objects/cat.jpg").read_bytes()
    )
    assert [request.job_name for request in tick().run_requests] == ["objects_job"]
