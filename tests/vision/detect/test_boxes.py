"""Overlap, duplicates and scaling of boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.detect.boxes import drop_duplicates, intersection_over_union, scale_box
from nst_pipeline.vision.shapes import Box, Detection

boxes = st.builds(Box, *[st.integers(-50, 200)] * 2, *[st.integers(1, 150)] * 2)


def test_duplicates_and_parts_are_suppressed():
    whole = Detection(Box(0, 0, 100, 100), "a", 0.9, "s")
    shifted = Detection(Box(10, 10, 100, 100), "b", 0.8, "s")
    part = Detection(Box(20, 20, 30, 30), "c", 0.7, "s")
    other = Detection(Box(90, 0, 100, 100), "d", 0.6, "s")
    assert drop_duplicates([other, part, shifted, whole]) == [whole, other]


@given(boxes, boxes)
def test_overlap_is_symmetric_and_matches_pixels(a, b):
    canvas = np.zeros((2, 400, 400), bool)
    for layer, box in zip(canvas, (a, b), strict=True):
        layer[Box(box.x + 50, box.y + 50, box.width, box.height).slices] = True
    expected = (canvas[0] & canvas[1]).sum() / (canvas[0] | canvas[1]).sum()
    assert intersection_over_union(a, b) == intersection_over_union(b, a) == pytest.approx(expected)


def test_boxes_without_area_do_not_overlap():
    assert intersection_over_union(Box(3, 3, 0, 0), Box(3, 3, 0, 0)) == 0


@given(boxes, st.integers(1, 8))
def test_scaling_up_by_whole_numbers_and_back_is_exact(box, factor):
    assert scale_box(scale_box(box, factor, factor), 1 / factor, 1 / factor) == box
