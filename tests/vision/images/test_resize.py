import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.images.resize import fitted_size, resize, resize_mask, shrink_to_fit

lengths = st.integers(1, 60)


@given(lengths, lengths, lengths, lengths)
def test_a_flat_image_stays_flat_at_any_size(rows, columns, width, height):
    result = resize(np.full((rows, columns, 3), 0.7, np.float32), width, height)

    assert result.shape == (height, width, 3)
    np.testing.assert_allclose(result, 0.7, atol=1e-5)


def test_shrinking_averages_areas():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)

    np.testing.assert_allclose(resize(image, 2, 2), [[2.5, 4.5], [10.5, 12.5]])


def test_enlarging_is_bicubic_not_linear():
    step = np.repeat(np.float32([[0, 0, 1, 1]]), 4, axis=0)

    result = resize(step, 8, 8)

    assert result.min() < 0 < 1 < result.max()


@given(lengths, lengths, st.sampled_from([(), (3,), (4,)]), st.sampled_from(["u1", "f4"]))
def test_resizing_keeps_dtype_and_channels(rows, columns, channels, dtype):
    result = resize(np.zeros((rows, columns, *channels), dtype), 7, 5)

    assert result.shape == (5, 7, *channels)
    assert result.dtype == np.dtype(dtype)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_the_longest_side_is_met_and_the_aspect_ratio_kept(rows, columns, side):
    width, height = fitted_size(np.empty((rows, columns)), side)

    assert max(width, height) == side
    assert width / columns == pytest.approx(side / max(rows, columns), abs=1 / columns)
    assert height / rows == pytest.approx(side / max(rows, columns), abs=1 / rows)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(2, 2000))
def test_no_side_becomes_shorter_than_the_shortest_allowed(rows, columns, side):
    assert min(fitted_size(np.empty((rows, columns)), side, shortest_side=2)) >= 2


@given(lengths, lengths, st.integers(1, 80))
def test_shrinking_to_fit_never_enlarges(rows, columns, side):
    image = np.zeros((rows, columns, 3), np.uint8)

    result = shrink_to_fit(image, side)

    assert max(result.shape[:2]) == min(side, max(rows, columns))
    assert (result is image) == (max(rows, columns) <= side)


@given(lengths, lengths, lengths, lengths, st.booleans())
def test_a_uniform_mask_stays_uniform_at_any_size(rows, columns, width, height, value):
    result = resize_mask(np.full((rows, columns), value), width, height)

    assert result.shape == (height, width)
    assert result.dtype == bool
    assert (result == value).all()


def test_an_enlarged_mask_keeps_its_edges_in_place():
    mask = np.zeros((10, 10), bool)
    mask[2:6, 3:8] = True

    expected = np.zeros((40, 40), bool)
    expected[8:24, 12:32] = True
    enlarged = resize_mask(mask, 40, 40)

    # Interpolation rounds the corners; the straight edges stay where they were.
    assert (enlarged != expected).sum() <= 4 * 2
    assert (enlarged[16] == expected[16]).all()
    assert (enlarged[:, 20] == expected[:, 20]).all()
