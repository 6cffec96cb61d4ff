"""Finding the main objects with the cut-out network, on real photos."""

import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image

from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.vision.cutout.segmentation import Segmentation
from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.detect.objects import ObjectParameters, find_objects
from nst_pipeline.vision.shapes import Box

PHOTOS = {
    "flower": (np.array(load_sample_image("flower.jpg")), Box(170, 85, 280, 280)),
    "coffee": (data.coffee(), Box(78, 12, 404, 376)),
    "palace": (np.array(load_sample_image("china.jpg")), Box(60, 20, 310, 390)),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_the_object_that_a_person_would_point_at_comes_first(name):
    photo, box = PHOTOS[name]
    first = find_objects(photo, load_cutout_network())[0]
    assert (first.label, first.source) == ("object", "objects")
    assert intersection_over_union(first.box, box) > 0.6
    assert first.score > 0.5


def test_a_texture_scores_less_than_an_object():
    wall = np.repeat(data.brick()[..., None], 3, axis=2)
    found = find_objects(wall, load_cutout_network())
    assert max((each.score for each in found), default=0) < 0.4


SQUARES = np.zeros((100, 160, 3), np.uint8)
SQUARES[20:40, 20:40] = SQUARES[50:90, 50:90] = SQUARES[50:90, 110:150] = 200


def squares(picture, box, *, quick=False):
    probability = np.zeros(picture.shape[:2], np.float32)
    probability[20:40, 20:40] = 0.9
    probability[50:90, 50:90] = 0.6
    probability[50:90, 110:150] = 0.9
    if box is not None:
        inside = np.zeros_like(probability)
        inside[box.slices] = probability[box.slices]
        probability = inside
    return Segmentation(probability)


def test_parts_that_do_not_touch_are_several_objects_the_surest_and_largest_first():
    found = find_objects(SQUARES, squares)
    boxes = [Box(110, 50, 40, 40), Box(20, 20, 20, 20), Box(50, 50, 40, 40)]
    assert sorted(boxes, key=str) == sorted((each.box for each in found), key=str)
    assert found[0].box == boxes[0]


def test_parts_below_the_smallest_share_are_left_out():
    found = find_objects(SQUARES, squares, parameters=ObjectParameters(min_share=0.05))
    assert {each.box for each in found} == {Box(110, 50, 40, 40), Box(50, 50, 40, 40)}


def test_a_part_whose_outline_follows_no_edge_is_no_object():
    assert find_objects(np.full((100, 160, 3), 90, np.uint8), squares) == []
