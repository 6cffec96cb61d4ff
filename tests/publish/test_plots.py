import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.publish.plots import plot_loss


def _curve_rows(plot, columns):
    """The middle row of the ink in each column."""
    ink = (plot != 255).any(axis=2)
    return [np.flatnonzero(ink[:, column]).mean() for column in columns]


def test_a_falling_loss_falls_from_left_to_right():
    rows = _curve_rows(plot_loss([1000, 100, 10]), (15, 120, 240, 360))

    assert rows == sorted(rows)
    assert rows[-1] > rows[0] + 50


def test_equal_factors_are_equal_distances():
    rows = _curve_rows(plot_loss([1000, 100, 10]), (100, 240, 380))

    assert abs((rows[1] - rows[0]) - (rows[2] - rows[1])) <= 1


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=20))
def test_any_losses_give_a_plot_of_the_wanted_size(losses):
    plot = plot_loss(losses, width=200, height=100)

    assert plot.shape == (100, 200, 3)
    assert plot.dtype == np.uint8
    assert (plot != 255).any()
