import cv2
import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image

from nst_pipeline.vision.shading.scene_light import (
    UNKNOWN_LIGHT,
    estimate_light,
    scene_light,
)


def apart(first: float, second: float) -> float:
    """Angle between two directions, degrees."""
    return abs((first - second + 180) % 360 - 180)


@pytest.mark.parametrize("direction", [0, 15, -15, 30, -30, 150, 165, 180, 195, 210])
def test_shadows_on_the_ground_tell_where_the_light_comes_from(paint_scene, direction):
    light = estimate_light(paint_scene(direction))
    sun = light.sunlit.sun
    assert apart(sun.direction, direction) < 15
    assert light.side == (-1 if np.cos(np.radians(direction)) > 0 else 1)


def test_longer_shadows_are_measured_as_longer(paint_scene):
    short, long = (estimate_light(paint_scene(10, length=n)).sunlit.sun for n in (0.8, 1.4))
    assert short.length == pytest.approx(0.8, rel=0.25)
    assert long.length > 1.3 * short.length


def test_a_shadow_is_as_dark_and_as_blue_as_those_of_the_scene(paint_scene):
    """The scene's shadows lack 68 % of the red light, and 58 % of the blue."""
    red, green, blue = estimate_light(paint_scene(10)).sunlit.sun.shade
    assert red > green > blue
    np.testing.assert_allclose((red, green, blue), (0.68, 0.65, 0.58), atol=0.13)


def test_a_mirrored_scene_has_mirrored_light(paint_scene):
    scene = paint_scene(20)
    light, mirrored = estimate_light(scene), estimate_light(scene[:, ::-1])
    assert mirrored.side == -light.side
    assert apart(mirrored.sunlit.sun.direction, 180 - light.sunlit.sun.direction) < 6


def test_nothing_is_cast_where_the_ground_shows_no_shadow(paint_scene):
    assert estimate_light(paint_scene(None)) == UNKNOWN_LIGHT


def test_nothing_is_cast_under_an_overcast_sky(paint_scene):
    assert estimate_light(paint_scene(10, sky=(215, 215, 214))).sunlit is None


def test_dark_stripes_that_nothing_casts_are_no_shadows(paint_scene):
    scene = paint_scene(None)
    scene[284:291, 150:250] = (scene[284:291, 150:250] * 0.6).astype(np.uint8)
    assert estimate_light(scene).sunlit is None


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field"])
def test_photos_without_cast_shadows_get_none(name):

    assert estimate_light(getattr(data, name)()).sunlit is None


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_hazy_park_and_a_flower_get_no_shadow(name):
    assert estimate_light(load_sample_image(name)).sunlit is None


def test_tiny_scenes_tell_nothing():
    assert estimate_light(np.full((3, 200, 3), 90, np.uint8)) == UNKNOWN_LIGHT


def test_the_user_may_name_the_side(paint_scene):
    scene = paint_scene(None)
    left, right = scene_light(scene, "left"), scene_light(scene, "right")
    assert (left.side, right.side) == (-1, 1)
    assert np.cos(np.radians(left.sunlit.sun.direction)) > 0  # to the right
    assert apart(right.sunlit.sun.direction, 180 - left.sunlit.sun.direction) == 0


def test_off_still_tells_the_side(paint_scene):
    light = scene_light(paint_scene(10), "off")
    assert light.side == -1 and light.sunlit is None


def test_the_size_of_the_scene_hardly_matters(paint_scene):
    scene = paint_scene(10)
    large = cv2.resize(scene, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    one, other = estimate_light(scene).sunlit.sun, estimate_light(large).sunlit.sun
    assert apart(one.direction, other.direction) < 8
