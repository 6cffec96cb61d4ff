import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.place.perspective import fit_perspective
from nst_pipeline.vision.shapes import Box, Detection
from tests.vision.place.layouts import lawn, made_up


def person(foot: int, height: int, width: int = 20) -> Detection:
    return Detection(Box(100, foot - height, width, height), "person", 0.9, "people")


@given(st.floats(0.1, 0.7), st.floats(0.5, 10))
def test_the_plane_of_level_ground_is_found(horizon, eye_m):
    layout = made_up(
        lambda rows, _: np.where(rows > horizon, "grass", "sky"), horizon=horizon, eye_m=eye_m
    )
    plane = fit_perspective(layout, layout.probability(["grass"]))
    rows = np.linspace(horizon + 0.1, 1, 5)
    np.testing.assert_allclose(plane.meter(rows), (rows - horizon) / eye_m, rtol=0.05)
    assert plane.horizon == pytest.approx(horizon, abs=0.02)


def test_a_table_from_above_has_the_same_scale_everywhere():
    layout = made_up(lambda rows, _: np.full(rows.shape, "table"))
    layout.log_meter[:] = np.log(1.5)
    plane = fit_perspective(layout, layout.probability(["table"]))
    np.testing.assert_allclose(plane.meter(np.array([0.1, 0.9])), 1.5, rtol=1e-3)


def test_cells_that_are_far_off_do_not_tilt_the_plane():
    layout = lawn(0.4)
    layout.log_meter[45:55, :12] += 2
    plane = fit_perspective(layout, layout.probability(["grass"]))
    np.testing.assert_allclose(plane.meter(0.9), 0.5 / 1.6, rtol=0.08)


def test_without_the_surface_there_is_no_plane():
    layout = lawn(0.4)
    assert fit_perspective(layout, layout.probability(["water"])) is None


def test_things_of_known_height_correct_the_scale_and_make_it_surer():
    layout = lawn(0.4)
    support = layout.probability(["grass"])
    alone = fit_perspective(layout, support)
    told = fit_perspective(layout, support, [person(800, 300), person(700, 225)], 1000)
    wanted = 300 / 1000 / 1.7
    assert abs(np.log(told.meter(0.8) / wanted)) < abs(np.log(alone.meter(0.8) / wanted)) / 3
    assert told.spread < alone.spread


@pytest.mark.parametrize(
    "found", [person(1000, 700), person(800, 100, 90), Detection(Box(0, 500, 9, 9), "gizmo", 1, "")]
)
def test_what_is_cut_off_or_sits_or_is_unknown_tells_no_scale(found):
    layout = lawn(0.4)
    support = layout.probability(["grass"])
    assert fit_perspective(layout, support, [found], 1000) == fit_perspective(layout, support)
