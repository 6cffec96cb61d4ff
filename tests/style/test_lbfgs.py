import numpy as np
import pytest

from nst_pipeline.style.lbfgs import minimise

SCALES = np.linspace(1, 50, 40)
GOAL = np.linspace(-3, 3, 40)


def bowl(point: np.ndarray) -> tuple[float, np.ndarray]:
    away = point - GOAL
    return float(np.sum(SCALES * away**2)) + 1, 2 * SCALES * away


def searched(**options):
    given = {"steps": 100, "bounds": (-10.0, 10.0), "first_step": 0.1, **options}
    return minimise(bowl, np.zeros(40), **given)


def test_finds_the_lowest_point():
    found = searched()

    np.testing.assert_allclose(found.point, GOAL, atol=1e-4)
    assert found.losses[0] == bowl(np.zeros(40))[0]
    assert found.losses[-1] == pytest.approx(1)


def test_stays_within_the_bounds():
    found = searched(bounds=(-1.0, 2.0))

    np.testing.assert_allclose(found.point, np.clip(GOAL, -1, 2), atol=1e-4)


def test_takes_no_more_steps_than_allowed_and_tells_of_each():
    told = []

    found = searched(steps=4, progress=lambda *news: told.append(news))

    assert found.stopped == "steps"
    assert told == [(step, 4, found.losses[step]) for step in range(1, 5)]


def test_stops_when_five_steps_gain_too_little():
    found = searched(flat_gain=0.5)

    assert found.stopped == "flat"
    assert found.losses[-6] - found.losses[-1] < 0.5 * found.losses[-6]
    assert len(found.losses) < len(searched().losses)


def test_a_start_without_slope_is_the_end():
    found = minimise(
        lambda x: (0.0, np.zeros_like(x)), np.ones(5), steps=9, bounds=(0.0, 2.0), first_step=1.0
    )

    np.testing.assert_array_equal(found.point, 1)
    assert found.stopped == "flat"
