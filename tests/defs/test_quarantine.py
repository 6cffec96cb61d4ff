"""One bad image never costs the others."""

import json

import dagster as dg
import numpy as np
import pytest
from skimage import data

from nst_pipeline.defs.partitions import OBJECTS
from nst_pipeline.pipeline.steps.sticker_library import read_library
from nst_pipeline.pipeline.upkeep.stale import stale_artifacts_of
from nst_pipeline.vision.images.codecs import encode_jpeg


@pytest.fixture
def with_a_broken_photo(collection):
    """With a photo whose header and end are valid, so that only decoding shows the damage."""
    whole = encode_jpeg(data.chelsea())
    middle = len(whole) // 2
    broken = whole[:middle] + bytes(400) + whole[middle + 400 :]
    (collection.root / "objects/broken.jpg").write_bytes(broken)
    (collection.root / "objects/fine.jpg").write_bytes(whole)
    return collection


def test_a_broken_photo_is_named_and_the_others_are_processed(with_a_broken_photo):
    ran = with_a_broken_photo.update()
    rows = with_a_broken_photo.rows("object_photos")
    (bad,) = [row for row in rows.values() if row.status == "failed"]
    assert "broken.jpg" in bad.error
    stickers = with_a_broken_photo.rows("stickers")
    assert any(key.startswith("fine") for key in stickers)
    assert not any(key.startswith("broken") for key in stickers)
    with with_a_broken_photo.instance() as instance:
        run_id = next(run.run_id for run in ran if run.phase == "objects")
        records = instance.get_records_for_run(
            run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
        checks = [each.event_log_entry.asset_check_evaluation for each in records]
        failed = {check.asset_key.to_user_string(): check for check in checks if not check.passed}
        assert set(failed) == {"object_photos"}
        assert "broken" in str(failed["object_photos"].metadata["images"])
        assert bad.key not in instance.get_materialized_partitions(dg.AssetKey("object_photos"))


def test_an_empty_result_is_a_warning_with_its_reason(collection):
    """Its partition is green, because nothing is left to do."""
    (collection.root / "scenes/temple.placements.json").write_text("[]")
    run_id = next(run.run_id for run in collection.update() if run.phase == "scenes")
    with collection.instance() as instance:
        records = instance.get_records_for_run(
            run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    checks = {
        each.event_log_entry.asset_check_evaluation.asset_key.to_user_string(): check
        for each in records
        if (check := each.event_log_entry.asset_check_evaluation).check_name == "not_empty"
    }
    assert checks["scene_photos"].passed
    for name in ("placements", "composites", "harmonized"):
        assert (checks[name].passed, checks[name].severity) == (False, dg.AssetCheckSeverity.WARN)
        assert (checks[name].metadata["empty"].value, checks[name].metadata["of"].value) == (1, 3)
        (record,) = checks[name].metadata["images"].records
        assert record.data["key"].startswith("temple") and record.data["reason"]


def test_the_next_update_retries_only_the_broken_photo(with_a_broken_photo):
    with_a_broken_photo.update()
    before = {(r.asset, r.key): r for r in with_a_broken_photo.open().catalog.rows()}
    ran = with_a_broken_photo.update()
    after = {(r.asset, r.key): r for r in with_a_broken_photo.open().catalog.rows()}
    changed = {identity for identity in after if after[identity] != before[identity]}
    assert {asset for asset, _ in changed} == {"object_photos"}
    assert len(changed) == 1
    assert [(run.phase, run.success) for run in ran] == [("objects", True)]


def test_a_run_for_a_single_image_fails_if_the_image_fails(with_a_broken_photo):
    with_a_broken_photo.update()
    with with_a_broken_photo.instance() as instance:
        keys = OBJECTS.get_partition_keys(dynamic_partitions_store=instance)
        broken = next(key for key in keys if key.startswith("broken"))
        result = with_a_broken_photo.job("objects").execute_in_process(
            instance=instance, partition_key=broken, raise_on_error=False
        )
        assert not result.success
        failure = result.failure_data_for_node("object_photos")
        assert "broken.jpg" in failure.user_failure_data.description


def test_nothing_is_made_from_a_cut_out_whose_photo_has_failed_since(collection):
    """The old cut-out is of a photo that has changed since."""
    cat = next(key for key in collection.rows("stickers") if key.startswith("cat"))
    (collection.root / "objects/cat.mask.png").write_bytes(
        encode_jpeg(np.full((10, 10), 255, np.uint8))
    )
    collection.update()
    assert collection.rows("detections")[cat].status == "failed"
    library = read_library(collection.open().store)
    assert cat not in library.photos and len(library.photos) == 2
    for row in collection.rows("composites").values():
        assert cat not in {each.key for each in row.inputs}


def test_a_scene_whose_placements_fail_keeps_its_old_result_and_leaves_the_dataset(collection):
    before = collection.rows("harmonized")
    key = next(key for key in before if key.startswith("temple"))
    (collection.root / "scenes/temple.placements.json").write_text(
        '[{"sticker": "cofee.jpg", "x": 1, "y": 1, "width": 50, "height": 50}]'
    )
    collection.update()
    assert collection.rows("placements")[key].status == "failed"
    assert collection.rows("harmonized")[key] == before[key]
    labels = json.loads((collection.root / "artifacts/dataset/coco.json").read_text())
    assert key not in {image["key"] for image in labels["images"]}
    assert len(labels["images"]) == 2
    waiting = stale_artifacts_of(collection.open(), "scenes", key)
    assert any("cofee.jpg" in each.reason for each in waiting if each.asset == "harmonized")
