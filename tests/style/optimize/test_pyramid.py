import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.style.optimize.pyramid import Level, coarse_to_fine, pyramid_levels, working_size


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_working_sizes_are_few_and_close(width, height):
    scale = min(1.0, 400 / max(width, height))

    size = working_size(width, height, scale)

    for side, length in zip(size, (width, height), strict=True):
        assert side % 16 == 0 and side >= 32
        assert side == 32 or abs(side - length * scale) <= 8


def test_each_level_doubles_the_one_before():
    assert pyramid_levels(400, 304)[1:] == [Level(200, 152, 2), Level(400, 304, 1)]
    assert [level.reduction for level in pyramid_levels(400, 400)] == [4, 2, 1]
    assert pyramid_levels(96, 400) == [Level(96, 400, 1)]


def test_a_level_starts_from_the_result_of_the_one_before():
    starts = []

    def solve(level: Level, change: np.ndarray) -> np.ndarray:
        starts.append((level.width, float(change.mean())))
        return change + 1

    change = coarse_to_fine(pyramid_levels(400, 400), np.full((80, 80, 3), 5, np.float32), solve)

    assert starts == [(100, 5.0), (200, pytest.approx(6)), (400, pytest.approx(7))]
    assert change.shape == (400, 400, 3)
    np.testing.assert_allclose(change, 8, atol=1e-5)
