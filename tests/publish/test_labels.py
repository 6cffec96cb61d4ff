import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from nst_pipeline.publish.labels import (
    LabeledComposite,
    SceneObject,
    VisibilityParameters,
    label_composite,
    visible_part,
)
from nst_pipeline.publish.splits import side_of
from nst_pipeline.storage.labels import SceneLabels
from nst_pipeline.storage.records import CompositeRecord, dump_record, parse_record
from nst_pipeline.vision.shapes import Box, Detection

WIDTH, HEIGHT = 80, 60


def mask_of(box: Box) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[box.clipped(WIDTH, HEIGHT).slices] = True
    return mask


def thing(label: str, box: Box, **more: object) -> SceneObject:
    return SceneObject(label, mask_of(box).astype(np.float32), box, **more)


def labeled(*objects: SceneObject) -> SceneLabels:
    return label_composite(
        LabeledComposite("a", "../harmonized/a.png", WIDTH, HEIGHT, "a.jpg", "d1", objects)
    )


def test_the_full_box_reaches_past_the_edge_and_the_visible_one_does_not():
    (person,) = labeled(thing("person", Box(60, 40, 40, 40))).annotations
    assert person.full_bbox == (60, 40, 40, 40)
    assert person.bbox == (60, 40, 20, 20)


def test_a_hidden_object_is_not_annotated():
    hidden = SceneObject("cat", np.zeros((HEIGHT, WIDTH), np.float32), Box(1, 1, 9, 9))
    assert labeled(hidden).annotations == ()


def test_pixels_count_as_visible_from_half_opacity():
    matte = np.tile(np.linspace(0, 1, 11, dtype=np.float32), (4, 1))
    scene = LabeledComposite(
        "a", "a.png", 11, 4, "a.jpg", "d", (SceneObject("x", matte, Box(0, 0, 11, 4)),)
    )
    assert label_composite(scene).annotations[0].bbox == (5, 0, 6, 4)


def test_glass_is_labeled_where_it_is_half_as_opaque_as_it_can_be():
    matte = np.tile(np.linspace(0, 0.4, 11, dtype=np.float32), (4, 1))
    glass = SceneObject("glass", matte, Box(0, 0, 11, 4), opacity=0.4)
    remains_of_a_solid_object = SceneObject("x", matte, Box(0, 0, 11, 4))
    for each, boxes in ((glass, [(5, 0, 6, 4)]), (remains_of_a_solid_object, [])):
        scene = LabeledComposite("a", "a.png", 11, 4, "a.jpg", "d", (each,))
        assert [found.bbox for found in label_composite(scene).annotations] == boxes


@pytest.mark.parametrize("crowd", [False, True])
def test_labels_survive_the_composites_record(crowd: bool):
    labels = labeled(thing("cat", Box(1, 2, 3, 4), crowd=crowd))
    record = CompositeRecord(layers=(), image=labels.image, annotations=labels.annotations)
    content = dump_record(record)
    assert parse_record(CompositeRecord, content, "a.json") == record
    assert sorted(json.loads(content)["image"]) == [
        *("copyright", "file_name", "height", "key", "scene_digest", "scene_photo"),
        *("scene_split", "split", "width"),
    ]


def test_how_much_of_a_row_counts_as_visible_can_be_set():
    covered = np.zeros((HEIGHT, WIDTH), bool)
    covered[:, 18:26] = True
    dog = marked(Box(10, 10, 16, 20), outlined=False)
    strict = VisibilityParameters(min_share=0.9)
    assert visible_part(dog, covered).box == Box(10, 10, 8, 20)
    assert visible_part(dog, covered, parameters=strict) is None


def test_a_scene_with_an_object_from_another_side_is_mixed():
    other = next(name for name in map(str, range(99)) if side_of(name) != side_of("d1"))
    assert labeled(thing("cat", Box(1, 1, 9, 9))).image.split == side_of("d1")
    mixed = labeled(thing("cat", Box(1, 1, 9, 9), object_digest=other))
    assert mixed.image.split == "mixed"
    assert mixed.annotations[0].object_split == side_of(other)


@given(st.integers(-20, 90), st.integers(-20, 70), st.integers(1, 60), st.integers(1, 60))
def test_polygons_and_run_lengths_describe_the_visible_part(
    x: int, y: int, width: int, height: int
):
    box = Box(x, y, width, height)
    annotations = labeled(thing("x", box)).annotations
    seen = box.clipped(WIDTH, HEIGHT)
    if seen.width == 0 or seen.height == 0:
        assert annotations == ()
        return
    (found,) = annotations
    assert found.bbox == (seen.x, seen.y, seen.width, seen.height)
    assert found.area == coco_mask.area(found.rle.model_dump())
    np.testing.assert_array_equal(coco_mask.decode(found.rle.model_dump()), mask_of(box))
    drawn = coco_mask.merge(coco_mask.frPyObjects([*map(list, found.segmentation)], HEIGHT, WIDTH))
    np.testing.assert_array_equal(coco_mask.decode(drawn), mask_of(box))


def marked(box: Box, *, outlined: bool, crowd: bool = False) -> Detection:
    return Detection(box, "dog", 1.0, "sidecar", mask_of(box) if outlined else None, crowd)


@pytest.mark.parametrize("outlined", [True, False])
def test_an_uncovered_annotation_stays_as_it_was(outlined):
    box = Box(10, 10, 30, 20)
    uncovered = visible_part(marked(box, outlined=outlined), mask_of(Box(60, 0, 9, 9)))
    (dog,) = labeled(uncovered).annotations
    assert (dog.bbox, dog.full_bbox, dog.visible) == ((10, 10, 30, 20), dog.bbox, 1)
    assert (dog.source, dog.label) == ("scene", "dog")
    assert dog.outline == ("mask" if outlined else "box")
    np.testing.assert_array_equal(coco_mask.decode(dog.rle.model_dump()), mask_of(box))


def test_a_mask_loses_the_pixels_that_a_sticker_covers():
    sticker = mask_of(Box(0, 0, 25, 60))
    found = visible_part(marked(Box(10, 10, 30, 20), outlined=True), sticker)
    (dog,) = labeled(found).annotations
    assert (dog.bbox, dog.full_bbox) == ((25, 10, 15, 20), (10, 10, 30, 20))
    assert (dog.area, dog.visible) == (300, 0.5)


def test_a_box_ends_where_a_sticker_covers_its_inscribed_ellipse():
    box = Box(10, 10, 40, 40)
    beside = np.zeros((HEIGHT, WIDTH), bool)
    beside[8:60, 30:50] = True  # its right half, with the corners left free
    beside[8:12, 45:50] = beside[48:60, 45:50] = False
    beside[30, 42:50] = False  # and a sliver at its very end
    (dog,) = labeled(visible_part(marked(box, outlined=False), beside)).annotations
    assert dog.bbox == (10, 10, 20, 40)
    assert dog.area == 20 * 40
    assert dog.visible == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("outlined", [True, False])
def test_an_annotation_that_is_covered_completely_is_left_out(outlined):
    found = marked(Box(10, 10, 30, 20), outlined=outlined)
    assert visible_part(found, mask_of(Box(5, 5, 60, 50))) is None


def test_a_crowd_stays_a_crowd_with_uncompressed_run_lengths():
    found = visible_part(
        marked(Box(0, 0, 30, 20), outlined=True, crowd=True), mask_of(Box(0, 0, 9, 9))
    )
    (crowd,) = labeled(found).annotations
    assert crowd.iscrowd == 1
    packed = coco_mask.frPyObjects(crowd.segmentation.model_dump(mode="json"), HEIGHT, WIDTH)
    expected = mask_of(Box(0, 0, 30, 20)) & ~mask_of(Box(0, 0, 9, 9))
    np.testing.assert_array_equal(coco_mask.decode(packed), expected)
