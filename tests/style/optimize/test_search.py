import numpy as np
import pytest

from nst_pipeline.style.optimize.search import SearchMonitor, SearchSpace, StoppingCriteria

RANDOM = np.random.default_rng(1)
START = RANDOM.uniform(0, 255, (6, 5, 3)).astype(np.float32)
MASK = RANDOM.random((6, 5, 1)).astype(np.float32)


@pytest.mark.parametrize("luminance_only", [False, True])
def test_the_gradient_of_a_change_is_the_transpose_of_its_effect_on_the_picture(luminance_only):
    """The inner product of a change's effect with a slope is the change's with its gradient."""
    space = SearchSpace(START * 0 + 128, MASK, luminance_only)
    change, slope = RANDOM.normal(0, 9, (2, *START.shape)).astype(np.float32)

    moved = space.picture(change) - space.start

    gradient = space.gradient(change, slope)
    assert np.sum(moved * slope) == pytest.approx(np.sum(change * gradient), rel=1e-4)


def test_luminance_only_changes_all_channels_alike():
    space = SearchSpace(START * 0 + 128, MASK, luminance_only=True)

    moved = space.picture(RANDOM.normal(0, 9, START.shape).astype(np.float32)) - 128

    np.testing.assert_allclose(moved[..., 0], moved[..., 2], atol=1e-4)


def test_a_change_is_clipped_to_black_and_white_and_not_pushed_further():
    space = SearchSpace(START, np.ones_like(MASK))
    beyond = np.where(np.arange(5)[:, None] % 2, 300, -300) * np.ones_like(START)
    outwards = -np.sign(beyond)  # the loss falls against the gradient

    np.testing.assert_array_equal(np.unique(space.picture(beyond)), [0, 255])
    np.testing.assert_array_equal(space.gradient(beyond, outwards.astype(np.float32)), 0)
    np.testing.assert_array_equal(space.gradient(beyond, -outwards), -outwards)


@pytest.mark.parametrize(
    ("losses", "limits", "why"),
    [
        ([9.0, 8.0], StoppingCriteria(1), "steps"),
        ([9.0, 8.0], StoppingCriteria(2), None),
        ([9.0, 8.0], StoppingCriteria(2, goal=8.0), "goal"),
        ([9.0, 8.0, 7.9, 7.9, 7.9, 7.8, 7.8], StoppingCriteria(20, flat_gain=0.1), "flat"),
        ([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], StoppingCriteria(20, flat_gain=0.1), None),
    ],
)
def test_a_search_stops_at_the_first_criterion_that_is_met(losses, limits, why):
    monitor = SearchMonitor(limits, lambda *_: None, losses)

    assert monitor.stop_reason() == why
