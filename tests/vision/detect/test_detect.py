"""Finding objects: in real photos, in the user's order of trust, in any size."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.settings import DetectionSettings
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.detect.boxes import distinct, overlap, scaled
from nst_pipeline.vision.shapes import Box, Detection

SETTINGS = DetectionSettings()


@pytest.fixture(scope="module")
def photos():
    from skimage import data
    from sklearn.datasets import load_sample_image

    return {
        "astronaut": data.astronaut(),
        "coffee": data.coffee(),
        "flower": np.array(load_sample_image("flower.jpg")),
        "china": np.array(load_sample_image("china.jpg")),
    }


def _box(x, y, right, bottom):
    return Box(x, y, right - x, bottom - y)


boxes = st.builds(Box, *[st.integers(-50, 200)] * 2, *[st.integers(1, 150)] * 2)


def test_a_face_stands_for_head_and_shoulders(photos):
    [person] = detect(photos["astronaut"], SETTINGS)
    assert (person.label, person.source) == ("person", "haar")
    assert overlap(person.box, _box(40, 5, 400, 500)) > 0.8


@pytest.mark.parametrize("name", ["coffee", "flower", "china"])
def test_things_are_not_taken_for_people(photos, name):
    settings = DetectionSettings(methods=["hog", "haar"])
    assert detect(photos[name], settings) == []


@pytest.mark.parametrize(
    ("name", "where"), [("coffee", (75, 15, 490, 380)), ("flower", (170, 80, 450, 365))]
)
def test_the_main_subject_is_what_differs_from_its_surroundings(photos, name, where):
    [subject] = detect(photos[name], SETTINGS)
    assert subject.source == "subject"
    assert overlap(subject.box, _box(*where)) > 0.75
    assert subject.mask[subject.box.slices].mean() > 0.5
    assert subject.mask.sum() == subject.mask[subject.box.slices].sum()


def _drawn_person():
    """Head, body and two legs, dark on bright: the shape that HOG was trained on."""
    photo, dark = np.full((400, 300, 3), 200, np.uint8), (40, 45, 60)
    cv2.ellipse(photo, (150, 118), (15, 19), 0, 0, 360, dark, -1)
    cv2.ellipse(photo, (150, 190), (26, 58), 0, 0, 360, dark, -1)
    cv2.rectangle(photo, (124, 150), (176, 205), dark, -1)
    cv2.line(photo, (137, 230), (129, 345), dark, 18)
    cv2.line(photo, (163, 230), (171, 345), dark, 18)
    return photo


def test_a_standing_person_is_found_by_hog():
    [person] = detect(_drawn_person(), DetectionSettings(methods=["hog"]))
    assert (person.label, person.source) == ("person", "hog")
    assert overlap(person.box, _box(120, 99, 180, 354)) > 0.5


@pytest.mark.parametrize("shape", [(80, 120), (1, 90), (90, 1), (1, 1), (2, 3)])
def test_a_flat_or_tiny_picture_holds_nothing(shape):
    assert detect(np.full((*shape, 3), 127, np.uint8), SETTINGS) == []


def test_a_large_photo_gives_the_same_objects_in_its_own_pixels(photos):
    large = photos["flower"].repeat(3, axis=0).repeat(3, axis=1)
    [small_found], [found] = detect(photos["flower"], SETTINGS), detect(large, SETTINGS)
    assert found.mask.shape == large.shape[:2]
    assert overlap(found.box, scaled(small_found.box, 3, 3)) > 0.9


def test_detection_is_deterministic(photos):
    first, second = (detect(photos["coffee"], SETTINGS)[0] for _ in range(2))
    assert first.box == second.box
    assert np.array_equal(first.mask, second.mask)


def test_the_users_boxes_come_first_and_weak_ones_are_dropped(photos):
    mine = Detection(Box(5, 6, 50, 60), "cup", 1.0, "sidecar")
    weak = Detection(Box(300, 200, 50, 60), "spoon", 0.1, "sidecar")
    settings = DetectionSettings(max_objects=5)
    assert detect(photos["coffee"], settings, [weak, mine]) == [mine]
    without = DetectionSettings(methods=["subject"])
    assert detect(photos["coffee"], without, [mine])[0].source == "subject"


def test_duplicates_and_parts_are_suppressed():
    whole = Detection(Box(0, 0, 100, 100), "a", 0.9, "s")
    shifted = Detection(Box(10, 10, 100, 100), "b", 0.8, "s")
    part = Detection(Box(20, 20, 30, 30), "c", 0.7, "s")
    other = Detection(Box(90, 0, 100, 100), "d", 0.6, "s")
    assert distinct([other, part, shifted, whole]) == [whole, other]


@given(boxes, boxes)
def test_overlap_is_symmetric_and_matches_pixels(a, b):
    canvas = np.zeros((2, 400, 400), bool)
    for layer, box in zip(canvas, (a, b), strict=True):
        layer[Box(box.x + 50, box.y + 50, box.width, box.height).slices] = True
    expected = (canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum()
    assert overlap(a, b) == overlap(b, a) == pytest.approx(expected)


@given(boxes, st.integers(1, 8))
def test_scaling_up_by_whole_numbers_and_back_is_exact(box, factor):
    assert scaled(scaled(box, factor, factor), 1 / factor, 1 / factor) == box


def test_all_that_the_user_marked_is_kept():
    marked = [Detection(Box(100 * i, 0, 50, 50), "x", 1.0, "sidecar") for i in range(4)]
    photo = np.zeros((60, 400, 3), np.uint8)
    assert len(detect(photo, DetectionSettings(max_objects=2), marked)) == 4
