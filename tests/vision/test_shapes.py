import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.shapes import Box

coordinates, sides = st.integers(-50, 50), st.integers(0, 50)
boxes = st.builds(Box, coordinates, coordinates, sides, sides)


def test_slices_select_the_boxs_pixels():
    image = np.arange(30).reshape(5, 6)

    assert image[Box(1, 2, 3, 2).slices].tolist() == [[13, 14, 15], [19, 20, 21]]


@given(boxes, st.integers(0, 20))
def test_expanding_moves_every_side_outward(box, margin):
    expanded = box.expanded(margin)

    assert (expanded.x, expanded.y) == (box.x - margin, box.y - margin)
    assert (expanded.right, expanded.bottom) == (box.right + margin, box.bottom + margin)
    assert expanded.expanded(-margin) == box


@given(boxes, st.integers(0, 40), st.integers(0, 40))
def test_clipping_keeps_exactly_the_pixels_inside_the_image(box, width, height):
    clipped = box.clipped(width, height)

    assert 0 <= clipped.x <= clipped.right <= width
    assert 0 <= clipped.y <= clipped.bottom <= height
    columns = set(range(box.x, box.right)) & set(range(width))
    rows = set(range(box.y, box.bottom)) & set(range(height))
    assert clipped.width * clipped.height == len(columns) * len(rows)
    assert clipped.clipped(width, height) == clipped
