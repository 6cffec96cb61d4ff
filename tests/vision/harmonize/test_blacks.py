import numpy as np

from nst_pipeline.vision.harmonize.blacks import keep_blacks
from nst_pipeline.vision.harmonize.color_change import ColorChange
from nst_pipeline.vision.harmonize.object_view import object_colors, object_view


def changed(cup, gain: float, shift: float) -> tuple[ColorChange, ColorChange, np.ndarray]:
    """A change of the cup's lightness, the same with blacks kept, and the cup's colors."""
    view = object_view(*cup)
    mean = object_colors(view).own.mean
    change = ColorChange(mean, np.array([gain, 1, 1]), np.array([shift, 0, 0]))
    return change, keep_blacks(change, view), view.lab[view.inside]


def test_lifted_blacks_are_restored_and_lights_stay(cup):
    change, kept, colors = changed(cup, 0.5, 10)
    foggy, clear = change.apply_to_lab(colors)[:, 0], kept.apply_to_lab(colors)[:, 0]
    middle = change.pivot[0] + 10
    assert np.quantile(clear, 0.02) < np.quantile(foggy, 0.02) - 2
    np.testing.assert_array_equal(clear[foggy >= middle], foggy[foggy >= middle])


def test_the_order_of_tones_stays(cup):
    _, kept, colors = changed(cup, 0.5, 10)
    order = np.argsort(colors[:, 0])
    assert (np.diff(kept.apply_to_lab(colors)[order, 0]) >= -1e-4).all()


def test_a_change_that_darkens_is_kept_as_it_is(cup):
    change, kept, _ = changed(cup, 1.2, -10)
    assert kept is change
