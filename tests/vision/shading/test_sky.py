import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.shading.sky import read_sky


def landscape(slope: float) -> np.ndarray:
    """A clear sky whose light rises by `slope` log units from the middle to the right edge."""
    scene = np.full((160, 240, 3), (88, 96, 60), float)
    light = np.exp(slope * np.linspace(-1, 1, 240) / 2.2)
    scene[:80] = np.array([95, 135, 190]) * light[None, :, None]
    noise = np.random.default_rng(1).normal(0, 1, scene.shape)
    return np.clip(scene + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("slope", [0.3, -0.3])
def test_a_clear_sky_is_brighter_toward_the_sun(slope):
    assert read_sky(landscape(slope)).side == np.sign(slope)


def test_an_even_sky_tells_no_side():
    sky = read_sky(landscape(0.0))
    assert not sky.overcast and sky.side == 0


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.5, 0.5))
def test_a_mirrored_sky_has_its_sun_on_the_other_side(slope):
    scene = landscape(slope)
    assert read_sky(scene[:, ::-1]).side == pytest.approx(-read_sky(scene).side, abs=1e-6)


def test_clouds_tell_no_side():
    scene = landscape(0.0)
    scene[10:60, 150:235] = 240
    assert read_sky(scene).side == 0


def test_a_gray_sky_is_overcast():
    scene = landscape(0.0)
    scene[:80] = 210
    assert read_sky(scene).overcast


def test_without_a_sky_nothing_is_overcast():
    brown = np.full((100, 100, 3), (90, 60, 40), np.uint8)
    sky = read_sky(brown)
    assert not sky.overcast and sky.side == 0
