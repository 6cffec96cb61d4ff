"""The scenes that the gallery receives from a collection."""

from dataclasses import replace

from upath import UPath

from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.pipeline.steps.gallery import gallery_parts, gallery_scene, gallery_scenes
from nst_pipeline.storage.records import HarmonizedRecord


def scenes(snapshot):
    return gallery_scenes(lambda _: snapshot, sorted(snapshot.keys(BY_NAME["scene_photos"])))


def _key(snapshot, start):
    return next(key for key in scenes(snapshot) if key.startswith(start))


def test_a_scene_is_described_with_all_its_artifacts(made):
    snapshot = Snapshot(made.open())
    key = _key(snapshot, "temple")
    scene = gallery_scene(snapshot, key)
    record = snapshot.store.record(HarmonizedRecord, "harmonized", key)
    assert (scene.title, scene.status, scene.chosen) == ("temple.jpg", "ok", record.chosen)
    assert (scene.color_fit, scene.confidence) == (record.color_fit, record.confidence)
    assert f"{record.confidence:.2f}" in scene.reason
    # VGG19 has no weights here, as a note says; the other variants exist.
    (note,) = scene.notes
    assert note.startswith("VGG optimization: ") and "missing.h5" in note
    assert [each.name for each in scene.variants] == ["untouched", "harmonized", "left", "right"]
    # The recipe `right` shows the square around the object.
    window, box = scene.variants[-1].window, scene.placements[0].box
    assert window.width == window.height
    assert abs(window.x + window.width / 2 - box.x - box.width / 2) < box.width / 2
    assert {"recipes", "magenta", "harmonize"} <= scene.settings.keys()
    page = (made.root / f"artifacts/gallery/scenes/{key}.html").read_text("utf-8")
    assert scene.reason in page
    # What holds for all scenes is said once, on the page of the grid.
    grid = (made.root / "artifacts/gallery/index.html").read_text("utf-8")
    said = "there is no file missing.h5"
    assert (page.count(said), grid.count(said)) == (0, 1)


def test_a_large_collection_is_divided_into_parts_that_scenes_never_leave(made, tmp_path):
    snapshot = Snapshot(made.open())
    keys = sorted(snapshot.keys(BY_NAME["scene_photos"]))
    assert gallery_parts(snapshot, UPath(tmp_path), photos=2) == [keys[:2], keys[2:]]
    assert gallery_parts(snapshot, UPath(tmp_path), photos=9) == [keys[:2], keys[2:]]
    assert (made.root / "artifacts/gallery/parts.parquet").is_file()


def test_only_scenes_that_were_made_again_have_another_digest(made, monkeypatch):
    snapshot = Snapshot(made.open())
    before, key = scenes(snapshot), _key(snapshot, "temple")
    assert len(before) == 3
    rows = snapshot.rows(BY_NAME["harmonized"])
    monkeypatch.setitem(rows, key, replace(rows[key], digest="another"))
    after = scenes(snapshot)
    assert {each for each in before if after[each] != before[each]} == {key}
