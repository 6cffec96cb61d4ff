"""People found by their outline."""

import cv2
import numpy as np
import pytest

from nst_pipeline.vision.detect.boxes import drop_duplicates, intersection_over_union
from nst_pipeline.vision.detect.hog import PeopleParameters, find_people
from nst_pipeline.vision.shapes import Box, Detection


@pytest.fixture(scope="module")
def drawn_person() -> np.ndarray:
    """Head, body and two legs, dark on bright: the shape that HOG was trained on."""
    photo, dark = np.full((400, 300, 3), 200, np.uint8), (40, 45, 60)
    cv2.ellipse(photo, (150, 118), (15, 19), 0, 0, 360, dark, -1)
    cv2.ellipse(photo, (150, 190), (26, 58), 0, 0, 360, dark, -1)
    cv2.rectangle(photo, (124, 150), (176, 205), dark, -1)
    cv2.line(photo, (137, 230), (129, 345), dark, 18)
    cv2.line(photo, (163, 230), (171, 345), dark, 18)
    return photo


def best(found: list[Detection]) -> Detection:
    return max(found, key=lambda each: each.score)


def test_a_standing_person_is_found_once(drawn_person):
    [person] = drop_duplicates(each for each in find_people(drawn_person) if each.score >= 0.3)
    assert (person.label, person.source) == ("person", "hog")
    assert intersection_over_union(person.box, Box(120, 99, 60, 255)) > 0.5


def test_the_detectors_margin_is_cut_off(drawn_person):
    with_margin = PeopleParameters(margin_x=0, margin_y=0)
    inner = best(find_people(drawn_person)).box
    outer = best(find_people(drawn_person, parameters=with_margin)).box
    assert inner.width < 0.75 * outer.width and inner.height < 0.95 * outer.height


@pytest.mark.parametrize("name", ["coffee", "flower", "china"])
def test_responses_to_things_score_low(photos, name):
    assert [found for found in find_people(photos[name]) if found.score >= 0.3] == []


@pytest.mark.parametrize("shape", [(127, 64), (128, 63), (1, 1)])
def test_photos_smaller_than_the_window_hold_no_person(shape):
    assert find_people(np.zeros((*shape, 3), np.uint8)) == []
