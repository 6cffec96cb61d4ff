import numpy as np
import pytest
from nst_pipeline.style.search import Canvas, Limits, Watch

RANDOM = np.random.default_rng(1)
START = RANDOM.uniform(0, 255, (6, 5, 3)).astype(np.float32)
SHARE = RANDOM.random((6, 5, 1)).astype(np.float32)


@pytest.mark.parametrize("luminance_only", [False, True])
def test_the_gradient_of_a_change_is_that_of_the_picture_it_makes(luminance_only):
    """The inner product of a change's effect with a slope is the change's with its gradient."""
    canvas = Canvas(START * 0 + 128, SHARE, luminance_only)
    change, slope = RANDOM.normal(0, 9, (2, *START.shape)).astype(np.float32)

    moved = canvas.picture(change) - canvas.start

    gradient = canvas.gradient(change, slope)
    assert np.sum(moved * slope) == pytest.approx(np.sum(change * gradient), rel=1e-4)


def test_luminance_moves_all_colors_alike():
    canvas = Canvas(START * 0 + 128, SHARE, luminance_only=True)

    moved = canvas.picture(RANDOM.normal(0, 9, START.shape).astype(np.float32)) - 128

    np.testing.assert_allclose(moved[..., 0], moved[..., 2], atol=1e-4)


def test_a_change_ends_at_black_and_white_and_is_not_pushed_further():
    canvas = Canvas(START, np.ones_like(SHARE))
    beyond = np.where(np.arange(5)[:, None] % 2, 300, -300) * np.ones_like(START)
    outwards = -np.sign(beyond)  # the loss falls against the gradient

    np.testing.assert_array_equal(np.unique(canvas.picture(beyond)), [0, 255])
    np.testing.assert_array_equal(canvas.gradient(beyond, outwards.astype(np.float32)), 0)
    np.testing.assert_array_equal(canvas.gradient(beyond, -outwards), -outwards)


@pytest.mark.parametrize(
    ("losses", "limits", "why"),
    [
        ([9.0, 8.0], Limits(1), "steps"),
        ([9.0, 8.0], Limits(2), None),
        ([9.0, 8.0], Limits(2, goal=8.0), "goal"),
        ([9.0, 8.0, 7.9, 7.9, 7.9, 7.8, 7.8], Limits(20, flat_gain=0.1), "flat"),
        ([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], Limits(20, flat_gain=0.1), None),
    ],
)
def test_a_search_ends_for_a_reason(losses, limits, why):
    watch = Watch(limits, lambda *_: None, losses)

    assert watch.ended() == why
