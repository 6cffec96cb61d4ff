"""Finding objects in real photos, in the order of the settings, at any size."""

import numpy as np
import pytest

from nst_pipeline.settings import DetectionSettings, Settings
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.detect import detect, find_obstacles
from nst_pipeline.vision.detect.boxes import intersection_over_union, scale_box
from nst_pipeline.vision.shapes import Box, Detection

SETTINGS = DetectionSettings()


@pytest.fixture(scope="module")
def networks():
    return network_finders(Settings())


def test_the_first_finder_that_finds_something_decides(photos, networks):
    sources = {
        name: [each.source for each in detect(photo, SETTINGS, networks=networks)]
        for name, photo in photos.items()
    }
    assert sources == {
        "astronaut": ["people"],
        "coffee": ["objects"],
        "flower": ["objects"],
        "china": ["objects"],
    }


@pytest.mark.parametrize("shape", [(80, 120), (1, 90), (90, 1), (1, 1), (2, 3)])
def test_a_flat_or_tiny_picture_holds_no_object(shape, networks):
    assert detect(np.full((*shape, 3), 127, np.uint8), SETTINGS, networks=networks) == []


def test_a_large_photo_gives_the_same_objects_in_its_own_pixels(photos, networks):
    large = photos["flower"].repeat(3, axis=0).repeat(3, axis=1)
    [small_found], [found] = (
        detect(photo, SETTINGS, networks=networks) for photo in (photos["flower"], large)
    )
    assert intersection_over_union(found.box, scale_box(small_found.box, 3, 3)) > 0.9


def test_detection_is_deterministic(photos, networks):
    first, second = (detect(photos["coffee"], SETTINGS, networks=networks) for _ in range(2))
    assert first == second


def test_the_users_boxes_come_first_and_low_scores_are_dropped(photos, networks):
    mine = Detection(Box(5, 6, 50, 60), "cup", 1.0, "sidecar")
    weak = Detection(Box(300, 200, 50, 60), "spoon", 0.1, "sidecar")
    settings = DetectionSettings(max_objects=5)
    assert detect(photos["coffee"], settings, [weak, mine]) == [mine]
    without = DetectionSettings(methods=["objects"])
    assert detect(photos["coffee"], without, [mine], networks=networks)[0].source == "objects"


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


def test_a_small_person_does_not_decide_what_a_photo_shows():
    def person(width):
        return lambda photo: [Detection(Box(0, 0, width, 100), "person", 0.9, "people")]

    def car(photo):
        return [Detection(Box(100, 100, 300, 200), "object", 0.7, "objects")]

    street = np.zeros((400, 600, 3), np.uint8)
    for width, expected in ((40, "object"), (200, "person")):
        [found] = detect(street, SETTINGS, networks={"people": person(width), "objects": car})
        assert found.label == expected
    [alone] = detect(street, SETTINGS, networks={"people": person(40)})
    assert alone.label == "person"


def test_the_main_objects_are_no_obstacles(photos, networks):
    assert detect(photos["flower"], SETTINGS, networks=networks)
    assert find_obstacles(photos["flower"], SETTINGS, networks=networks) == []


def test_obstacles_are_not_limited_to_the_objects_wanted():
    rows = [Box(100 * i, 0, 50, 50) for i in range(4)]
    photo, settings = np.zeros((60, 400, 3), np.uint8), DetectionSettings(max_objects=2)
    found = find_obstacles(
        photo,
        settings,
        networks={"dnn": lambda _: [Detection(box, "x", 0.9, "dnn") for box in rows]},
    )
    assert len(found) == 4
