"""The catalog appends rows; the newest row of each artifact is its current one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from upath import UPath

from nst_pipeline.storage.catalog import ArtifactState, Catalog, Input, Row


@pytest.fixture
def catalog(tmp_path) -> Catalog:
    return Catalog(UPath(tmp_path))


ROW = Row(
    "composites",
    "사진-1-0a1b2c3d",
    "ok",
    "f" * 64,
    path="artifacts/composites/사진-1-0a1b2c3d.png",
    files=(".png", ".mask.png"),
    size_bytes=12,
    digest="d" * 64,
    inputs=(Input("scene_photos", "사진-1-0a1b2c3d", "a" * 64),),
    models={"magenta": "b" * 64},
    run_id="run-1",
    figures={"score": 0.5, "chosen": "ring"},
)
LATER = replace(ROW, status="failed", error="torn", made_at=ROW.made_at + timedelta(seconds=1))


def test_a_new_catalog_is_empty(catalog):
    assert catalog.latest("composites") == {}
    assert catalog.states("composites") == {}
    assert catalog.frame().empty and catalog.frame_since(None).empty
    assert catalog.name_columns() == []
    assert catalog.version == -1


def test_a_row_survives_a_round_trip(catalog):
    catalog.append([ROW])
    assert catalog.latest("composites") == {ROW.key: ROW}
    assert catalog.latest("composites", ["another key"]) == {}
    assert catalog.latest("harmonized") == {}
    assert catalog.rows() == [ROW]


def test_a_state_is_the_part_of_a_row_that_planning_reads(catalog):
    catalog.append([ROW, replace(ROW, key="empty", status="empty", files=())])
    assert catalog.states("composites", [ROW.key]) == {
        ROW.key: ArtifactState("ok", ROW.fingerprint, ROW.digest, ROW.files, 12, "")
    }
    assert catalog.states("composites")["empty"].files == ()


def test_the_newest_row_is_current_in_whatever_order_rows_were_added(catalog):
    catalog.append([LATER])
    catalog.append([ROW, replace(ROW, key="other")])
    frame = catalog.frame()
    assert dict(zip(frame["key"], frame["status"], strict=True)) == {
        ROW.key: "failed",
        "other": "ok",
    }
    assert catalog.history(("key",)).num_rows == 3


def test_appending_nothing_makes_no_commit(catalog):
    catalog.append([ROW])
    version = catalog.version
    catalog.append([])
    assert catalog.version == version


def test_rows_since_a_moment_are_those_made_after_it(catalog):
    catalog.append([ROW, replace(LATER, key="later")])
    frame = catalog.frame_since(ROW.made_at)
    assert list(frame["key"]) == ["later"]
    assert "inputs" not in frame.columns


def test_a_removed_row_makes_the_one_before_current(catalog):
    catalog.append([ROW, LATER])
    history = catalog.history()
    failed = history.filter([status == "failed" for status in history["status"].to_pylist()])
    assert catalog.remove(failed) == 1
    assert catalog.latest("composites") == {ROW.key: ROW}
    assert catalog.latest("composites", [ROW.key]) == {ROW.key: ROW}
    assert catalog.latest("composites", ["other"]) == {}


def test_artifacts_are_found_by_their_run(catalog):
    catalog.append([ROW, replace(ROW, key="other", run_id="run-2")])
    assert catalog.made_by(["run-2"])["key"].to_pylist() == ["other"]


def test_artifacts_are_found_by_a_network_or_the_start_of_its_digest(catalog):
    catalog.append([ROW, replace(ROW, key="other", models={})])
    assert catalog.made_with(["magenta"]) == [("composites", ROW.key)]
    assert catalog.made_with(["b" * 8]) == [("composites", ROW.key)]
    assert catalog.made_with(["b" * 7]) == catalog.made_with(["vgg19"]) == []
