import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from nst_pipeline.vision.cutout.masks import (
    bounding_box,
    fill_holes,
    largest_component,
)
from nst_pipeline.vision.shapes import Box

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@pytest.fixture
def outer():
    """A filled square."""
    mask = np.zeros((30, 40), bool)
    mask[5:20, 5:20] = True
    return mask


@pytest.fixture
def mask(outer):
    """The square with two holes, and a smaller component beside it."""
    mask = outer.copy()
    mask[10:12, 10:12] = mask[15:17, 15:17] = False
    mask[25:28, 30:35] = True
    return mask


def test_the_largest_component_keeps_its_holes_and_loses_the_rest(mask, outer):
    assert np.array_equal(largest_component(mask), mask & outer)


def test_only_holes_that_are_probably_background_stay_open(mask, outer):
    probability = np.full(mask.shape, 0.5, np.float32)
    probability[15:17, 15:17] = 0.01
    expected = outer.copy()
    expected[15:17, 15:17] = False

    assert np.array_equal(fill_holes(largest_component(mask), probability, 0.1), expected)


def test_a_mask_without_background_has_no_holes_to_fill():
    full = np.ones((4, 5), bool)

    assert fill_holes(full, np.ones((4, 5), np.float32), 0.1).all()


@given(masks)
def test_filling_holes_removes_nothing_and_adds_nothing_at_the_border(mask):
    filled = fill_holes(mask, np.ones(mask.shape, np.float32), 0.5)

    assert filled[mask].all()
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        assert np.array_equal(filled[side], mask[side])


@given(masks)
def test_the_bounding_box_is_tight(mask):
    box = bounding_box(mask)

    assert mask[box.slices].sum() == mask.sum()
    if mask.any():
        inside = mask[box.slices]
        assert inside.any(0)[[0, -1]].all() and inside.any(1)[[0, -1]].all()
    else:
        assert box.width == box.height == 0


def test_the_bounding_box_is_in_pixels(outer):
    assert bounding_box(outer) == Box(5, 5, 15, 15)
