import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.publish.plots import plot_losses


def _curve_rows(plot, columns):
    """The middle row of the ink in each column."""
    ink = (plot != 255).any(axis=2)
    return [np.flatnonzero(ink[:, column]).mean() for column in columns]


def test_a_falling_loss_falls_from_left_to_right():
    rows = _curve_rows(plot_losses({"object": [1000, 100, 10]}), (15, 120, 240, 360))

    assert rows == sorted(rows)
    assert rows[-1] > rows[0] + 50


def test_equal_factors_are_equal_distances():
    rows = _curve_rows(plot_losses({"object": [1000, 100, 10]}), (100, 240, 380))

    assert abs((rows[1] - rows[0]) - (rows[2] - rows[1])) <= 1


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=20))
def test_any_losses_give_a_plot_of_the_wanted_size(losses):
    plot = plot_losses({"object": losses}, width=200, height=100)

    assert plot.shape == (100, 200, 3)
    assert plot.dtype == np.uint8
    assert (plot != 255).any()


def test_shorter_curves_end_earlier_and_have_colors_of_their_own():
    plot = plot_losses({"left": [1000, 100, 10, 1], "right": [800, 80]})

    def colors(columns: slice) -> int:
        return len(np.unique(plot[60:, columns].reshape(-1, 3), axis=0))

    assert colors(slice(20, 150)) > colors(slice(250, 380)) > 1
