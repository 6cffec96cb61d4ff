import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.compose.cast_shadow import Sun, cast_shadow
from nst_pipeline.vision.shapes import Box

FRAME = (240, 180)
HORIZON = 60.0
BOX = Box(110, 60, 20, 80)


def on_ground(alpha: np.ndarray, box: Box, sun: Sun, horizon: float = HORIZON) -> np.ndarray:
    """Draw the shadow on an empty scene."""
    area, shade = cast_shadow(alpha, box, sun, horizon=horizon, frame=FRAME)
    scene = np.zeros(FRAME[::-1], np.float32)
    scene[area.slices] = shade
    return scene


@pytest.fixture(scope="module")
def post() -> np.ndarray:
    return np.ones((BOX.height, BOX.width), np.float32)


def mean_column(shade: np.ndarray) -> float:
    return float((shade.sum(0) * np.arange(shade.shape[1])).sum() / shade.sum())


@pytest.mark.parametrize(("direction", "sign"), [(0, 1), (20, 1), (160, -1), (200, -1)])
def test_the_shadow_points_away_from_the_light(post, direction, sign):
    offset = mean_column(on_ground(post, BOX, Sun(direction))) - (BOX.x + BOX.width / 2)
    assert offset * sign > 15


def test_light_from_behind_casts_the_shadow_toward_the_camera(post):
    toward, away = (on_ground(post, BOX, Sun(angle)) for angle in (270, 90))
    assert toward[BOX.bottom + 8 :].max() > 0.5
    assert away[BOX.bottom + 8 :].max() < 0.05


def test_a_longer_shadow_reaches_farther(post):
    short, long = (on_ground(post, BOX, Sun(0, length=n)) > 0.3 for n in (0.5, 1.0))
    reach = [np.flatnonzero(each.any(0)).max() - BOX.right for each in (short, long)]
    assert reach[1] == pytest.approx(2 * reach[0], rel=0.2)
    assert reach[1] == pytest.approx(BOX.height, rel=0.2)


def test_the_penumbra_grows_with_the_distance_from_the_foot(post):
    """The number of half-lit pixels across the shadow, near the foot and at its tip."""
    shade = on_ground(post, BOX, Sun(0, length=1.2, softness=0.06))
    near, far = (shade[:, x] / shade[:, x].max() for x in (BOX.right + 10, BOX.right + 75))
    half_lit = [((each > 0.1) & (each < 0.9)).sum() / (each > 0.5).sum() for each in (near, far)]
    assert half_lit[1] > 1.2 * half_lit[0]


def test_the_shadow_starts_at_the_foot(post):
    shade = on_ground(post, BOX, Sun(0))
    assert shade[BOX.bottom - 3 : BOX.bottom + 1, BOX.right + 1 : BOX.right + 4].max() > 0.6


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 360), st.floats(0.3, 1.5), st.integers(0, 1000))
def test_a_mirrored_object_in_mirrored_light_has_a_mirrored_shadow(direction, length, seed):
    rough = np.random.default_rng(seed).random((20, 5), np.float32).repeat(4, 0).repeat(4, 1)
    alpha = (rough > 0.4).astype(np.float32)
    alpha[-8:] = 1
    box = Box(70, 60, 20, 80)
    mirrored = Box(FRAME[0] - box.right, box.y, box.width, box.height)
    one = on_ground(alpha, box, Sun(direction, length))
    other = on_ground(alpha[:, ::-1], mirrored, Sun(180 - direction, length))
    assert np.abs(one - other[:, ::-1]).mean() < 0.01


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(-80, 260),
    st.integers(-80, 200),
    st.floats(-400, 400),
    st.floats(0.1, 3),
    st.floats(-50, 250),
)
def test_any_shadow_is_bounded_and_on_the_ground(
    seed, width, height, x, y, direction, length, horizon
):
    alpha = np.random.default_rng(seed).random((height, width), np.float32)
    box = Box(x, y, width, height)
    area, shade = cast_shadow(alpha, box, Sun(direction, length), horizon=horizon, frame=FRAME)
    assert shade.shape == (area.height, area.width)
    assert area == area.clipped(*FRAME)
    if shade.size:
        assert 0 <= shade.min() <= shade.max() <= 1
        assert shade[: max(0, int(horizon) - area.y)].max(initial=0) < 0.05


def test_an_object_close_to_the_horizon_casts_nothing(post):
    assert not on_ground(post, BOX, Sun(0), horizon=BOX.bottom - 4.0).any()


def test_an_empty_matte_casts_nothing():
    assert not on_ground(np.zeros((20, 20), np.float32), Box(5, 60, 20, 20), Sun(0)).any()


def test_what_lets_light_through_casts_less_of_a_shadow(post):
    full, faint = (on_ground(np.float32(opacity) * post, BOX, Sun(0)) for opacity in (1, 0.4))
    np.testing.assert_allclose(faint, 0.4 * full, atol=1e-6)


def test_the_shadow_scales_with_the_scene(post):
    small = on_ground(post, BOX, Sun(10))
    box = Box(*(4 * side for side in vars(BOX).values()))
    large = post.repeat(4, 0).repeat(4, 1)
    frame = FRAME[0] * 4, FRAME[1] * 4
    area, shade = cast_shadow(large, box, Sun(10), horizon=4 * HORIZON, frame=frame)
    scene = np.zeros(frame[::-1], np.float32)
    scene[area.slices] = shade
    reduced = scene.reshape(FRAME[1], 4, FRAME[0], 4).mean((1, 3))
    assert np.abs(reduced - small).mean() < 0.01
