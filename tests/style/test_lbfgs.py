import numpy as np
import pytest
from nst_pipeline.style.lbfgs import lbfgs
from nst_pipeline.style.search import Canvas, Limits

SHAPE = (12, 10, 3)
START = np.full(SHAPE, 100, np.float32)
GOAL = np.random.default_rng(3).uniform(0, 255, SHAPE).astype(np.float32)


def quiet(loss: float, picture: np.ndarray) -> None:
    """Nobody watches."""


def rough(picture: np.ndarray) -> tuple[float, np.ndarray]:
    """Distance to GOAL, where differences of neighbors count a hundred times as much."""
    away = picture.astype(np.float64) - GOAL
    steps = np.diff(away, axis=1)
    slope = np.zeros_like(away)
    slope[:, 1:] += 100 * steps
    slope[:, :-1] -= 100 * steps
    loss = 0.5 * np.sum(away**2) + 50 * np.sum(steps**2) + 1
    return float(loss), (away + slope).astype(np.float32)


def canvas(**options) -> Canvas:
    return Canvas(START, np.ones((*SHAPE[:2], 1), np.float32), **options)


def test_finds_the_picture_of_least_loss():
    found = lbfgs(rough, canvas(), Limits(200), quiet)

    np.testing.assert_allclose(canvas().picture(found.change), GOAL, atol=0.5)
    assert found.losses[0] == rough(START)[0]
    assert found.losses[-1] < 1e-4 * found.losses[0]


def test_it_needs_few_evaluations_of_what_bends_most_in_fine_detail():
    """Plain L-BFGS-B, from a first step of the same length, needs many more."""
    from scipy.optimize import minimize

    goal = 1e-3 * rough(START)[0]
    ours = lbfgs(rough, canvas(), Limits(100, goal=goal), quiet)
    plain = minimize(
        lambda x: [f(rough(x.reshape(SHAPE))) for f in (lambda r: r[0], lambda r: r[1].ravel())],
        START.ravel().astype(float),
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: _stop_below(goal, intermediate_result.fun),
    )

    assert ours.stopped == "goal"
    assert ours.evaluations < plain.nfev * 0.7


def _stop_below(goal: float, loss: float) -> None:
    if loss <= goal:
        raise StopIteration


def test_nothing_leaves_black_and_white():
    def toward_the_outside(picture: np.ndarray) -> tuple[float, np.ndarray]:
        goal = np.where(np.arange(12)[:, None, None] % 2, 400, -200).astype(np.float32)
        return float(0.5 * np.sum((picture - goal) ** 2)), picture - goal

    found = lbfgs(toward_the_outside, canvas(), Limits(50), quiet)

    picture = canvas().picture(found.change)
    np.testing.assert_allclose(picture[::2], 0, atol=1e-3)
    np.testing.assert_allclose(picture[1::2], 255, atol=1e-3)


def test_takes_no_more_steps_than_allowed_and_tells_of_each():
    told = []

    found = lbfgs(rough, canvas(), Limits(4), lambda *news: told.append(news))

    assert found.stopped == "steps"
    assert [loss for loss, _ in told] == found.losses[1:]
    assert len(told) == 4
    assert rough(told[-1][1])[0] == pytest.approx(found.losses[-1], rel=1e-6)


def test_stops_when_five_steps_gain_too_little():
    found = lbfgs(rough, canvas(), Limits(100, flat_gain=0.9), quiet)

    assert found.stopped == "flat"
    assert found.losses[-6] - found.losses[-1] < 0.9 * found.losses[-6]


def test_a_start_without_slope_is_the_end():
    found = lbfgs(lambda x: (0.0, np.zeros_like(x)), canvas(), Limits(9), quiet)

    np.testing.assert_array_equal(found.change, 0)
    assert found.stopped == "flat"
