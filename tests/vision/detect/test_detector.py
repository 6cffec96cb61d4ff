"""Finding objects in real photos, in the order of the settings, at any size."""

import numpy as np
import pytest

from nst_pipeline.settings import DetectionSettings
from nst_pipeline.vision.detect import detect, find_obstacles
from nst_pipeline.vision.detect.boxes import intersection_over_union, scale_box
from nst_pipeline.vision.shapes import Box, Detection

SETTINGS = DetectionSettings()


def test_the_first_finder_that_finds_something_decides(photos):
    def people(photo):
        return [Detection(Box(10, 5, 300, 400), "person", 0.9, "people")]

    sources = {
        name: [
            each.source
            for each in detect(
                photos[name], SETTINGS, networks={"people": people} if name == "astronaut" else {}
            )
        ]
        for name in photos
    }
    assert sources == {
        "astronaut": ["people"],
        "coffee": ["subject"],
        "flower": ["subject"],
        "china": ["subject"],
    }


@pytest.mark.parametrize("shape", [(80, 120), (1, 90), (90, 1), (1, 1), (2, 3)])
def test_a_flat_or_tiny_picture_holds_no_object(shape):
    assert detect(np.full((*shape, 3), 127, np.uint8), SETTINGS) == []


def test_a_large_photo_gives_the_same_objects_in_its_own_pixels(photos):
    large = photos["flower"].repeat(3, axis=0).repeat(3, axis=1)
    [small_found], [found] = detect(photos["flower"], SETTINGS), detect(large, SETTINGS)
    assert found.mask.shape == large.shape[:2]
    assert intersection_over_union(found.box, scale_box(small_found.box, 3, 3)) > 0.9


def test_detection_is_deterministic(photos):
    first, second = (detect(photos["coffee"], SETTINGS)[0] for _ in range(2))
    assert first.box == second.box
    assert np.array_equal(first.mask, second.mask)


def test_the_users_boxes_come_first_and_low_scores_are_dropped(photos):
    mine = Detection(Box(5, 6, 50, 60), "cup", 1.0, "sidecar")
    weak = Detection(Box(300, 200, 50, 60), "spoon", 0.1, "sidecar")
    settings = DetectionSettings(max_objects=5)
    assert detect(photos["coffee"], settings, [weak, mine]) == [mine]
    without = DetectionSettings(methods=["subject"])
    assert detect(photos["coffee"], without, [mine])[0].source == "subject"


def test_all_objects_that_the_user_marked_are_kept():
    marked = [Detection(Box(100 * i, 0, 50, 50), "x", 1.0, "sidecar") for i in range(4)]
    photo = np.zeros((60, 400, 3), np.uint8)
    assert len(detect(photo, DetectionSettings(max_objects=2), marked)) == 4


def test_a_network_in_the_settings_must_be_passed_to_detect():
    settings = DetectionSettings(dnn_model="mine.onnx")
    with pytest.raises(ValueError, match="network"):
        detect(np.zeros((60, 80, 3), np.uint8), settings)


def test_objects_of_the_network_come_back_in_the_photos_pixels():
    def network(reduced):
        height, width = reduced.shape[:2]
        return [Detection(Box(0, 0, width // 2, height), "half", 0.9, "dnn")]

    photo, settings = np.zeros((800, 1280, 3), np.uint8), DetectionSettings(methods=["dnn"])
    [found] = detect(photo, settings, networks={"dnn": network})
    assert found.box == Box(0, 0, 640, 800)


def test_a_small_person_does_not_decide_what_a_photo_shows(photos):
    def person(width):
        return {"people": lambda _: [Detection(Box(0, 0, width, 100), "person", 0.9, "people")]}

    for width, expected in ((30, "subject"), (200, "person")):
        [found] = detect(photos["flower"], SETTINGS, networks=person(width))
        assert found.label == expected
    only = DetectionSettings(methods=["people"])
    [alone] = detect(photos["flower"], only, networks=person(30))
    assert alone.label == "person"


def test_the_main_subject_is_not_an_obstacle(photos):
    assert detect(photos["flower"], SETTINGS)
    assert find_obstacles(photos["flower"], SETTINGS) == []


def test_obstacles_are_not_limited_to_the_objects_wanted():
    rows = [Box(100 * i, 0, 50, 50) for i in range(4)]
    photo, settings = np.zeros((60, 400, 3), np.uint8), DetectionSettings(max_objects=2)
    found = find_obstacles(
        photo,
        settings,
        networks={"dnn": lambda _: [Detection(box, "x", 0.9, "dnn") for box in rows]},
    )
    assert len(found) == 4
