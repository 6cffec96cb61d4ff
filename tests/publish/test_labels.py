import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from nst_pipeline.publish.labels import SceneObject, SceneRecord, carried_over, scene_annotations
from nst_pipeline.publish.splits import side_of
from nst_pipeline.vision.shapes import Box, Detection

WIDTH, HEIGHT = 80, 60


def mask_of(box: Box) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[box.clipped(WIDTH, HEIGHT).slices] = True
    return mask


def thing(label: str, box: Box, **more: object) -> SceneObject:
    return SceneObject(label, mask_of(box).astype(np.float32), box, **more)


def labeled(*objects: SceneObject) -> dict:
    return scene_annotations(
        SceneRecord("a", "../harmonized/a.png", WIDTH, HEIGHT, "a.jpg", "d1", objects)
    )


def test_the_full_box_reaches_past_the_edge_and_the_visible_one_does_not():
    (person,) = labeled(thing("person", Box(60, 40, 40, 40)))["annotations"]
    assert person["full_bbox"] == [60, 40, 40, 40]
    assert person["bbox"] == [60, 40, 20, 20]


def test_a_hidden_object_is_no_annotation():
    hidden = SceneObject("cat", np.zeros((HEIGHT, WIDTH), np.float32), Box(1, 1, 9, 9))
    assert labeled(hidden)["annotations"] == []


def test_a_soft_edge_counts_from_one_half_on():
    matte = np.tile(np.linspace(0, 1, 11, dtype=np.float32), (4, 1))
    scene = SceneRecord(
        "a", "a.png", 11, 4, "a.jpg", "d", (SceneObject("x", matte, Box(0, 0, 11, 4)),)
    )
    assert scene_annotations(scene)["annotations"][0]["bbox"] == [5, 0, 6, 4]


def test_scenes_survive_json_so_that_they_can_be_kept_one_by_one():
    scene = labeled(thing("cat", Box(1, 2, 3, 4)))
    assert json.loads(json.dumps(scene)) == scene


def test_a_scene_with_an_object_of_another_side_is_in_no_split():
    other = next(name for name in map(str, range(99)) if side_of(name) != side_of("d1"))
    assert labeled(thing("cat", Box(1, 1, 9, 9)))["image"]["split"] == side_of("d1")
    mixed = labeled(thing("cat", Box(1, 1, 9, 9), object_digest=other))
    assert mixed["image"]["split"] == "mixed"
    assert mixed["annotations"][0]["object_split"] == side_of(other)


@given(st.integers(-20, 90), st.integers(-20, 70), st.integers(1, 60), st.integers(1, 60))
def test_polygons_and_run_lengths_hold_what_is_seen(x: int, y: int, width: int, height: int):
    box = Box(x, y, width, height)
    annotations = labeled(thing("x", box))["annotations"]
    seen = box.clipped(WIDTH, HEIGHT)
    if seen.width == 0 or seen.height == 0:
        assert annotations == []
        return
    (found,) = annotations
    assert found["bbox"] == [seen.x, seen.y, seen.width, seen.height]
    assert found["area"] == coco_mask.area(found["rle"])
    np.testing.assert_array_equal(coco_mask.decode(found["rle"]), mask_of(box))
    drawn = coco_mask.merge(coco_mask.frPyObjects(found["segmentation"], HEIGHT, WIDTH))
    np.testing.assert_array_equal(coco_mask.decode(drawn), mask_of(box))


def marked(box: Box, *, outlined: bool, crowd: bool = False) -> Detection:
    return Detection(box, "dog", 1.0, "sidecar", mask_of(box) if outlined else None, crowd)


@pytest.mark.parametrize("outlined", [True, False])
def test_what_no_sticker_hides_stays_as_it_was_annotated(outlined):
    box = Box(10, 10, 30, 20)
    (dog,) = labeled(carried_over(marked(box, outlined=outlined), mask_of(Box(60, 0, 9, 9))))[
        "annotations"
    ]
    assert (dog["bbox"], dog["full_bbox"], dog["visible"]) == ([10, 10, 30, 20], dog["bbox"], 1)
    assert (dog["source"], dog["label"]) == ("scene", "dog")
    assert dog["outline"] == ("mask" if outlined else "box")
    np.testing.assert_array_equal(coco_mask.decode(dog["rle"]), mask_of(box))


def test_a_mask_loses_what_a_sticker_hides():
    sticker = mask_of(Box(0, 0, 25, 60))
    found = carried_over(marked(Box(10, 10, 30, 20), outlined=True), sticker)
    (dog,) = labeled(found)["annotations"]
    assert (dog["bbox"], dog["full_bbox"]) == ([25, 10, 15, 20], [10, 10, 30, 20])
    assert (dog["area"], dog["visible"]) == (300, 0.5)


def test_a_box_ends_where_a_sticker_hides_the_ellipse_in_it():
    box = Box(10, 10, 40, 40)
    beside = np.zeros((HEIGHT, WIDTH), bool)
    beside[8:60, 30:50] = True  # its right half, with the corners left free
    beside[8:12, 45:50] = beside[48:60, 45:50] = False
    beside[30, 42:50] = False  # and a sliver at its very end
    (dog,) = labeled(carried_over(marked(box, outlined=False), beside))["annotations"]
    assert dog["bbox"] == [10, 10, 20, 40]
    assert dog["area"] == 20 * 40
    assert dog["visible"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("outlined", [True, False])
def test_what_is_wholly_hidden_is_left_out(outlined):
    found = marked(Box(10, 10, 30, 20), outlined=outlined)
    assert carried_over(found, mask_of(Box(5, 5, 60, 50))) is None


def test_a_crowd_stays_one_as_plain_run_lengths():
    found = carried_over(
        marked(Box(0, 0, 30, 20), outlined=True, crowd=True), mask_of(Box(0, 0, 9, 9))
    )
    (crowd,) = labeled(found)["annotations"]
    assert crowd["iscrowd"] == 1
    packed = coco_mask.frPyObjects(crowd["segmentation"], HEIGHT, WIDTH)
    expected = mask_of(Box(0, 0, 30, 20)) & ~mask_of(Box(0, 0, 9, 9))
    np.testing.assert_array_equal(coco_mask.decode(packed), expected)
