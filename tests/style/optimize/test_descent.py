import numpy as np
import pytest

from nst_pipeline.style.optimize.descent import adam, classic_sgd
from nst_pipeline.style.optimize.search import SearchSpace, StoppingCriteria

SHAPE = (5, 4, 3)
GOAL = np.random.default_rng(0).uniform(0, 255, SHAPE).astype(np.float32)
START = np.full(SHAPE, 128, np.float32)
SPACE = SearchSpace(START, np.ones((5, 4, 1), np.float32))


def bowl(picture: np.ndarray, steepness: float = 1e-3) -> tuple[float, np.ndarray]:
    away = picture - GOAL
    return float(steepness / 2 * np.sum(away**2)), steepness * away


def test_the_classic_rate_is_100_and_decays_by_0_96_every_100_steps():
    expected = START.astype(np.float64)
    for step in range(150):
        expected -= 100 * 0.96 ** (step / 100) * 1e-3 * (expected - GOAL)

    found = classic_sgd(bowl, SPACE, StoppingCriteria(150), lambda *_: None)

    np.testing.assert_allclose(SPACE.picture(found.change), expected, atol=0.01)
    assert (found.evaluations, found.stop_reason) == (151, "steps")


@pytest.mark.slow
def test_classic_sgd_follows_keras_own_schedule():
    import keras

    rate = keras.optimizers.schedules.ExponentialDecay(100.0, decay_steps=100, decay_rate=0.96)
    picture = keras.Variable(START)
    optimizer = keras.optimizers.SGD(learning_rate=rate)
    for _ in range(30):
        optimizer.apply([bowl(picture.numpy())[1]], [picture])

    found = classic_sgd(bowl, SPACE, StoppingCriteria(30), lambda *_: None)

    np.testing.assert_allclose(SPACE.picture(found.change), picture.numpy(), atol=0.01)


def test_adam_finds_the_minimum_whatever_the_scale_of_the_loss():
    for steepness in 1e-6, 1e3:
        found = adam(
            lambda picture, by=steepness: bowl(picture, by),
            SPACE,
            StoppingCriteria(300),
            lambda *_: None,
        )

        np.testing.assert_allclose(SPACE.picture(found.change), GOAL, atol=1)


@pytest.mark.parametrize("optimizer", [adam, classic_sgd])
def test_every_step_is_reported(optimizer):
    steps = []

    found = optimizer(bowl, SPACE, StoppingCriteria(3), lambda *step: steps.append(step))

    assert [loss for loss, _ in steps] == found.losses[1:]
    np.testing.assert_array_equal(steps[-1][1], SPACE.picture(found.change))


@pytest.mark.parametrize("optimizer", [adam, classic_sgd])
def test_the_search_stops_at_the_goal(optimizer):
    goal = bowl(START)[0] * 0.99

    found = optimizer(bowl, SPACE, StoppingCriteria(300, goal=goal), lambda *_: None)

    assert found.stop_reason == "goal"
    assert found.losses[-1] <= goal < found.losses[-2]
