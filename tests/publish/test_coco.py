import contextlib
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from nst_pipeline.publish.coco import (
    SceneObject,
    SceneRecord,
    coco_json,
    join_scenes,
    scene_annotations,
    split_of,
)
from nst_pipeline.vision.shapes import Box


def matte_of(box: Box, width: int = 80, height: int = 60) -> np.ndarray:
    matte = np.zeros((height, width), np.float32)
    matte[box.clipped(width, height).slices] = 1
    return matte


def record(key: str, *objects: SceneObject, digest: str = "d1", licence: str = "") -> SceneRecord:
    return SceneRecord(
        key, f"harmonized/{key}.png", 80, 60, f"{key}.jpg", digest, objects, {"ring": 0.4}, licence
    )


def thing(label: str, box: Box, **more: object) -> SceneObject:
    return SceneObject(label, matte_of(box), box, sticker=f"{label}-1", **more)


@pytest.fixture
def loaded(tmp_path: Path) -> COCO:
    scenes = [
        record("b", thing("cat", Box(10, 20, 30, 25)), thing("사람", Box(60, 40, 40, 40))),
        record("a", thing("cat", Box(0, 0, 5, 5)), licence="CC0-1.0"),
        record("empty"),
    ]
    path = tmp_path / "coco.json"
    path.write_bytes(coco_json(join_scenes(map(scene_annotations, scenes), description="demo")))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        return COCO(str(path))


def test_pycocotools_reads_it_without_a_warning(loaded: COCO):
    assert [image["key"] for image in loaded.loadImgs(loaded.getImgIds())] == ["a", "b", "empty"]
    assert [c["name"] for c in loaded.loadCats(loaded.getCatIds())] == ["cat", "사람"]
    assert len(loaded.getAnnIds(catIds=loaded.getCatIds(["cat"]))) == 2
    assert loaded.dataset["info"]["description"] == "demo"


def test_the_mask_comes_back_pixel_by_pixel(loaded: COCO):
    cat = loaded.loadAnns(loaded.getAnnIds(imgIds=[2]))[0]
    np.testing.assert_array_equal(loaded.annToMask(cat), matte_of(Box(10, 20, 30, 25)))
    assert (cat["area"], cat["bbox"], cat["iscrowd"]) == (750, [10, 20, 30, 25], 0)


def test_the_full_box_reaches_past_the_edge_and_the_visible_one_does_not(loaded: COCO):
    person = loaded.loadAnns(loaded.getAnnIds(imgIds=[2]))[1]
    assert person["full_bbox"] == [60, 40, 40, 40]
    assert person["bbox"] == [60, 40, 20, 20]


def test_each_image_names_its_licence(loaded: COCO):
    names = {licence["id"]: licence["name"] for licence in loaded.dataset["licenses"]}
    assert [names[image["license"]] for image in loaded.dataset["images"]] == [
        "CC0-1.0",
        "unknown",
        "unknown",
    ]


def test_a_hidden_object_is_no_annotation():
    hidden = SceneObject("cat", np.zeros((60, 80), np.float32), Box(1, 1, 9, 9))
    assert scene_annotations(record("a", hidden))["annotations"] == []


def test_a_soft_edge_counts_from_one_half_on():
    matte = np.tile(np.linspace(0, 1, 11, dtype=np.float32), (4, 1))
    scene = SceneRecord(
        "a", "a.png", 11, 4, "a.jpg", "d", (SceneObject("x", matte, Box(0, 0, 11, 4)),)
    )
    assert scene_annotations(scene)["annotations"][0]["bbox"] == [5, 0, 6, 4]


def test_scenes_survive_json_so_that_they_can_be_kept_one_by_one():
    scene = scene_annotations(record("a", thing("cat", Box(1, 2, 3, 4))))
    assert json.loads(json.dumps(scene)) == scene


def test_the_order_of_the_scenes_does_not_matter():
    scenes = [scene_annotations(record(key, thing(key, Box(1, 2, 3, 4)))) for key in "cab"]
    assert coco_json(join_scenes(scenes)) == coco_json(join_scenes(scenes[::-1]))


def test_splits_depend_on_the_source_photo_alone():
    same = [scene_annotations(record(key, digest="same")) for key in ("a", "b", "c")]
    assert len({scene["image"]["split"] for scene in same}) == 1
    shares = [split_of(f"photo {number}") for number in range(4000)]
    assert shares.count("train") / 4000 == pytest.approx(0.8, abs=0.02)
    assert shares.count("val") / 4000 == pytest.approx(0.1, abs=0.02)
    assert shares.count("test") / 4000 == pytest.approx(0.1, abs=0.02)


def test_objects_already_in_the_scene_are_told_apart():
    seen = scene_annotations(record("a", thing("dog", Box(1, 1, 9, 9), source="scene")))
    assert seen["annotations"][0]["source"] == "scene"
    assert seen["annotations"][0]["object_split"] is None


@given(st.integers(-20, 90), st.integers(-20, 70), st.integers(1, 60), st.integers(1, 60))
def test_the_run_lengths_hold_what_is_seen(x: int, y: int, width: int, height: int):
    box = Box(x, y, width, height)
    annotations = scene_annotations(record("a", thing("x", box)))["annotations"]
    seen = box.clipped(80, 60)
    if seen.width == 0 or seen.height == 0:
        assert annotations == []
        return
    assert annotations[0]["bbox"] == [seen.x, seen.y, seen.width, seen.height]
    assert annotations[0]["area"] == coco_mask.area(annotations[0]["segmentation"])
    np.testing.assert_array_equal(coco_mask.decode(annotations[0]["segmentation"]), matte_of(box))
