import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.cutout.neighborhood import (
    NeighborhoodParameters,
    extract_neighborhood,
)
from nst_pipeline.vision.shapes import Box


def test_a_side_at_the_image_border_is_open(disc):
    neighborhood = extract_neighborhood(disc.photo, Box(0, 20, 100, 100))

    assert neighborhood.open_sides == (True, False, False, False)
    horizontal, vertical = neighborhood.center_distances()
    assert horizontal[0, 0] < 0.01 < 0.99 < horizontal[0, -1]
    assert vertical[0, 0] > 0.99


def test_a_box_around_the_whole_image_has_no_open_side(disc):
    assert not any(extract_neighborhood(disc.photo, Box(0, 0, 160, 160)).open_sides)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 59), st.integers(0, 59), st.data())
def test_the_boxs_longer_side_has_the_wanted_length(height, width, x, y, data):
    x, y = min(x, width - 1), min(y, height - 1)
    box = Box(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    image = np.zeros((height, width, 3), np.uint8)

    parameters = NeighborhoodParameters(box_side_px=48)
    neighborhood = extract_neighborhood(image, box, parameters=parameters)

    scaled = neighborhood.box
    assert abs(max(scaled.width, scaled.height) - 48) <= 1
    assert scaled.clipped(neighborhood.image.shape[1], neighborhood.image.shape[0]) == scaled
    assert neighborhood.box_mask.sum() == scaled.width * scaled.height


def test_distances_are_0_at_the_center_and_1_at_the_sides(disc):
    horizontal, vertical = extract_neighborhood(disc.photo, disc.box).center_distances()

    middle = horizontal.shape[1] // 2
    assert horizontal[:, middle].max() < 0.01 and vertical[middle].max() < 0.01
    assert horizontal[:, [0, -1]].min() > 0.99 and vertical[[0, -1]].min() > 0.99
