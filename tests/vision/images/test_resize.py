import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.images.resize import fitted_size, resized

lengths = st.integers(1, 60)


@given(lengths, lengths, lengths, lengths)
def test_a_flat_picture_stays_flat_in_any_size(rows, columns, width, height):
    result = resized(np.full((rows, columns, 3), 0.7, np.float32), width, height)

    assert result.shape == (height, width, 3)
    np.testing.assert_allclose(result, 0.7, atol=1e-5)


def test_shrinking_averages_areas():
    picture = np.arange(16, dtype=np.float32).reshape(4, 4)

    np.testing.assert_allclose(resized(picture, 2, 2), [[2.5, 4.5], [10.5, 12.5]])


def test_enlarging_is_bicubic_not_linear():
    step = np.repeat(np.float32([[0, 0, 1, 1]]), 4, axis=0)

    result = resized(step, 8, 8)

    assert result.min() < 0 < 1 < result.max()


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_the_longest_side_is_met_and_the_shape_kept(rows, columns, side):
    width, height = fitted_size(np.empty((rows, columns)), side)

    assert max(width, height) == side
    assert width / columns == pytest.approx(side / max(rows, columns), abs=1 / columns)
    assert height / rows == pytest.approx(side / max(rows, columns), abs=1 / rows)
