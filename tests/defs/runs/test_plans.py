"""Which runs are planned for what is due."""

import dagster as dg
import pytest

from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.plans import (
    RunPlan,
    cover_with_ranges,
    due_keys,
    plan_phase,
    plan_runs,
    plan_scanned,
    quarantined_keys,
)
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.keys import ALL


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (range(1200), [(0, 499, 500), (500, 999, 500), (1000, 1199, 200)]),
        (range(0, 19_000, 1000), [(0, 18_000, 19)]),
        ([0, 19_999, 20_000], [(0, 19_999, 2), (20_000, 20_000, 1)]),
        ([], []),
    ],
)
def test_a_few_well_filled_ranges_cover_the_due_keys(due, expected):
    order = [f"k{position}" for position in range(30_000)]
    counts = {order[position]: 1 for position in due}
    plans = list(cover_with_ranges(order, counts, "scenes", per_run=500))
    assert [(*plan.range, plan.count) for plan in plans] == [
        (f"k{first}", f"k{last}", count) for first, last, count in expected
    ]


def test_a_run_carries_its_phase_its_range_and_a_priority():
    assert RunPlan("scenes", 2, ("a", "c")).tags == {
        "nst/phase": "scenes",
        "dagster/priority": "-3",
        "dagster/asset_partition_range_start": "a",
        "dagster/asset_partition_range_end": "c",
    }
    assert RunPlan("publish", 1).tags == {"nst/phase": "publish", "dagster/priority": "-4"}


def test_runs_that_were_planned_together_are_executed_one_at_a_time():
    assert RunPlan("publish", 1, in_sequence=True).tags["nst/in-sequence"] == "update"


def test_a_phase_is_planned_over_the_existing_partitions(made):
    workspace = made.open()
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("objects", ["a", "b", "c"])
        assert plan_phase(workspace, instance, "objects", set()) == []
        assert plan_phase(workspace, instance, "objects", {"nowhere"}) == []
        assert plan_phase(workspace, instance, "objects", {"c", "a"}) == [
            RunPlan("objects", 2, ("a", "c"))
        ]
        assert plan_phase(workspace, instance, "library", {ALL}) == [RunPlan("library", 1)]


@pytest.fixture
def with_a_bad_scene(collection):
    (collection.root / "scenes/bad.jpg").write_bytes(
        (collection.root / "scenes/temple.jpg").read_bytes()
    )
    (collection.root / "scenes/bad.placements.json").write_text("no JSON")
    collection.update()
    return collection


def test_failed_keys_are_due_only_on_retry(with_a_bad_scene):
    view = Snapshot(with_a_bad_scene.open())
    (bad,) = quarantined_keys(view, "scenes")
    assert bad.startswith("bad")
    assert due_keys(view, "scenes", retry=False) == set()
    assert due_keys(view, "scenes", retry=True) == {bad}
    assert due_keys(view, "scenes", retry=True, among=[]) == set()


def test_a_key_with_a_lost_file_is_due_only_if_files_are_checked(collection):
    key, row = next(iter(collection.rows("harmonized").items()))
    (collection.root / row.path).unlink()
    assert due_keys(Snapshot(collection.open()), "scenes", retry=False, files=False) == set()
    assert due_keys(Snapshot(collection.open()), "scenes", retry=False) == {key}


@pytest.fixture
def large(collection, monkeypatch):
    """A collection in which the scenes do not fit into one run, with a new object photo."""
    monkeypatch.setenv("NST_RUN__IMAGES_PER_RUN", "2")
    (collection.root / "objects/again.jpg").write_bytes(
        (collection.root / "objects/cat.jpg").read_bytes()
    )
    return collection


def test_in_a_large_collection_only_the_first_due_phase_is_planned(large):
    """What follows is known when it is done; most runs planned now would find nothing to do."""
    with large.instance() as instance:
        scan_inboxes(workspace := large.open(), instance)
        (plan,) = plan_runs(Snapshot(workspace), instance)
    assert (plan.phase, plan.count) == ("objects", 1)


def test_after_a_scan_of_a_large_collection_only_its_findings_are_planned(large):
    with large.instance() as instance:
        workspace = large.open()
        scans = scan_inboxes(workspace, instance).scans
        (plan,) = plan_scanned(workspace, instance, scans)
        assert (plan.phase, plan.range[0], plan.range[1]) == (
            "objects",
            *scans["objects"].new,
            *scans["objects"].new,
        )
        unchanged = scan_inboxes(workspace, instance).scans
        assert plan_scanned(workspace, instance, unchanged) == []
