"""The sensor: new photos in, runs out, nothing when nothing is new."""

import subprocess
from datetime import timedelta

import dagster as dg
import pytest
from upath import UPath

from nst_pipeline.defs import orphans, runs
from nst_pipeline.defs.orphans import this_process
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs import ranges
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


def test_a_process_that_only_has_the_same_id_is_not_waited_for(collection, tick):
    host, number, _ = this_process().split(":")
    run_id = _started_run(collection, f"{host}:{number}:another start")
    tick()
    with collection.instance() as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_nothing_new_launches_nothing(tick):
    first = tick()
    assert not first.run_requests
    assert first.skip_reason.skip_message == "everything is up to date"
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


def _started_run(collection, process):
    run = dg.DagsterRun(
        job_name="scenes_job",
        status=dg.DagsterRunStatus.STARTED,
        tags={"nst/phase": "scenes", "nst/process": process},
    )
    with collection.instance() as instance:
        return instance.add_run(run).run_id


def test_a_run_at_work_is_waited_for(collection, tick):
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


def test_a_run_that_was_killed_before_its_first_step_is_ended_after_a_while(
    collection, tick, monkeypatch
):
    run = dg.DagsterRun(
        job_name="scenes_job", status=dg.DagsterRunStatus.STARTED, tags={"nst/phase": "scenes"}
    )
    with collection.instance() as instance:
        run_id = instance.add_run(run).run_id
    assert run_id in tick().skip_message
    monkeypatch.setattr(orphans, "_START_LONGEST", timedelta(0))
    tick()
    with collection.instance() as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_what_cannot_be_made_is_not_launched_for_ever(collection, tick):
    (collection.root / "scenes/again.jpg").write_bytes(
        (collection.root / "scenes/temple.jpg").read_bytes()
    )
    launched = [getattr(tick(), "run_requests", []) for _ in range(5)]
    assert [bool(requests) for requests in launched] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (range(1200), [(0, 499, 500), (500, 999, 500), (1000, 1199, 200)]),
        (range(0, 19_000, 1000), [(0, 18_000, 19)]),
        ([0, 19_999, 20_000], [(0, 19_999, 2), (20_000, 20_000, 1)]),
        ([], []),
    ],
)
def test_few_well_filled_runs_cover_whatever_is_due(due, expected):
    order = [f"k{place}" for place in range(30_000)]
    planned = list(ranges(order, {order[place] for place in due}, "scenes"))
    assert [(*plan.range, plan.count) for plan in planned] == [
        (f"k{first}", f"k{last}", count) for first, last, count in expected
    ]


def test_of_a_large_collection_only_the_first_phase_that_is_due_is_launched(
    collection, tick, monkeypatch
):
    """What follows is known when it is done: hundreds of runs would find nothing to do."""
    monkeypatch.setattr(runs, "PARTITIONS_PER_RUN", 2)
    (collection.root / "objects/again.jpg").write_bytes(
        (collection.root / "objects/cat.jpg").read_bytes()
    )
    assert [request.job_name for request in tick().run_requests] == ["objects_job"]
