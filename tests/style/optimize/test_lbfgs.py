import numpy as np
import pytest

from nst_pipeline.style.optimize.lbfgs import lbfgs
from nst_pipeline.style.optimize.search import SearchSpace, StoppingCriteria

SHAPE = (12, 10, 3)
START = np.full(SHAPE, 100, np.float32)
GOAL = np.random.default_rng(3).uniform(0, 255, SHAPE).astype(np.float32)


def ignore(loss: float, picture: np.ndarray) -> None:
    """Do nothing after a step."""


def rough(picture: np.ndarray) -> tuple[float, np.ndarray]:
    """Distance to GOAL, where differences of neighbors count a hundred times as much."""
    away = picture.astype(np.float64) - GOAL
    steps = np.diff(away, axis=1)
    slope = np.zeros_like(away)
    slope[:, 1:] += 100 * steps
    slope[:, :-1] -= 100 * steps
    loss = 0.5 * np.sum(away**2) + 50 * np.sum(steps**2) + 1
    return float(loss), (away + slope).astype(np.float32)


def space(**options) -> SearchSpace:
    return SearchSpace(START, np.ones((*SHAPE[:2], 1), np.float32), **options)


def test_it_finds_the_picture_of_least_loss():
    found = lbfgs(rough, space(), StoppingCriteria(200), ignore)

    np.testing.assert_allclose(space().picture(found.change), GOAL, atol=0.5)
    assert found.losses[0] == rough(START)[0]
    assert found.losses[-1] < 1e-4 * found.losses[0]


def test_it_needs_few_evaluations_where_fine_detail_has_the_most_curvature():
    """Plain L-BFGS-B, from a first step of the same length, needs many more."""
    from scipy.optimize import minimize

    goal = 1e-3 * rough(START)[0]
    ours = lbfgs(rough, space(), StoppingCriteria(100, goal=goal), ignore)
    plain = minimize(
        lambda x: [f(rough(x.reshape(SHAPE))) for f in (lambda r: r[0], lambda r: r[1].ravel())],
        START.ravel().astype(float),
        jac=True,
        method="L-BFGS-B",
        callback=lambda intermediate_result: _stop_below(goal, intermediate_result.fun),
    )

    assert ours.stop_reason == "goal"
    assert ours.evaluations < plain.nfev * 0.7


def _stop_below(goal: float, loss: float) -> None:
    if loss <= goal:
        raise StopIteration


def test_pixels_stay_between_black_and_white():
    def toward_the_outside(picture: np.ndarray) -> tuple[float, np.ndarray]:
        goal = np.where(np.arange(12)[:, None, None] % 2, 400, -200).astype(np.float32)
        return float(0.5 * np.sum((picture - goal) ** 2)), picture - goal

    found = lbfgs(toward_the_outside, space(), StoppingCriteria(50), ignore)

    picture = space().picture(found.change)
    np.testing.assert_allclose(picture[::2], 0, atol=1e-3)
    np.testing.assert_allclose(picture[1::2], 255, atol=1e-3)


def test_it_takes_no_more_steps_than_allowed_and_reports_each():
    steps = []

    found = lbfgs(rough, space(), StoppingCriteria(4), lambda *step: steps.append(step))

    assert found.stop_reason == "steps"
    assert [loss for loss, _ in steps] == found.losses[1:]
    assert len(steps) == 4
    assert rough(steps[-1][1])[0] == pytest.approx(found.losses[-1], rel=1e-6)


def test_it_stops_when_five_steps_gain_too_little():
    found = lbfgs(rough, space(), StoppingCriteria(100, flat_gain=0.9), ignore)

    assert found.stop_reason == "flat"
    assert found.losses[-6] - found.losses[-1] < 0.9 * found.losses[-6]


def test_it_stops_at_once_where_the_gradient_is_zero():
    found = lbfgs(lambda x: (0.0, np.zeros_like(x)), space(), StoppingCriteria(9), ignore)

    np.testing.assert_array_equal(found.change, 0)
    assert found.stop_reason == "flat"
