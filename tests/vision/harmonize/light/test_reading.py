import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.style.light_reader import read_light, read_lights
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.light.change import LightChange
from nst_pipeline.vision.harmonize.light.reading import Lights, light_change, mean_reading
from nst_pipeline.vision.harmonize.model.harmonizer import builtin

EXPOSURE, RED, BLUE = 0, 1, 3
DUSK = LightChange.from_numbers(np.array([-1.5, -0.3, 0, 0.35, *[0] * 5]), np.log(0.2))
LAMP = LightChange.from_numbers(np.array([-1.0, 0.3, 0, -0.6, *[0] * 5]), np.log(0.2))


@pytest.fixture
def in_the_evening(cup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A cup of the day in its scene at dusk; its matte; and the cup as it should be."""
    photo, matte = cup
    scene = DUSK.apply(photo)
    return recompose(scene, matte, photo), matte, scene


def test_a_scene_reads_darker_and_bluer_at_dusk_and_redder_by_lamp_light(cup):
    photo, matte = cup
    day, dusk, lamp = (
        read_light(each, matte) for each in (photo, DUSK.apply(photo), LAMP.apply(photo))
    )
    assert dusk[EXPOSURE] < day[EXPOSURE] - 0.3
    assert lamp[EXPOSURE] < day[EXPOSURE] - 0.1
    assert dusk[BLUE] - dusk[RED] > lamp[BLUE] - lamp[RED] + 0.2


def test_the_object_itself_does_not_count(cup):
    photo, matte = cup
    recolored = recompose(photo, matte, 255 - photo)
    assert read_light(recolored, matte) == pytest.approx(read_light(photo, matte), abs=0.01)


def test_perfect_soft_and_hard_seams_have_the_same_reading(in_the_evening, cup):
    _, matte, scene = in_the_evening
    readings = []
    for edge in (matte, cv2.GaussianBlur(matte, (0, 0), 1.5), np.rint(matte).astype(np.float32)):
        pasted = recompose(scene, edge, cup[0])
        readings.append(read_light(pasted, matte))
    assert np.ptp(readings, axis=0).max() < 0.02


def test_the_difference_of_two_readings_brings_an_object_into_the_other_light(in_the_evening, cup):
    composite, matte, truth = in_the_evening
    change = light_change(read_lights(read_light(*cup), composite, matte), composite, matte)
    inside = matte > 0.5
    before, after = (
        ((each.astype(float) - truth)[inside] ** 2).mean()
        for each in (composite, change.apply(composite))
    )
    assert after < 0.5 * before


def test_haze_is_taken_away_only_as_far_as_the_object_has_any(cup):
    """A photo in fog, its object moved into clear air; the object's own blacks are black."""
    photo, matte = cup
    foggy, clear = (0.0,) * 6 + (0.2,) * 3, (0.0,) * 9
    deep = light_change(Lights(foggy, clear), photo, matte).haze
    pale = light_change(Lights(foggy, clear), np.maximum(photo, 90), matte).haze
    darkest = np.quantile(photo[matte > 0.5], 0.02, axis=0) / 255
    assert (deep >= -darkest - 0.02).all()
    assert (pale < deep - 0.05).all()
    assert np.ptp(deep) < 1e-9


def test_auto_uses_the_light_of_the_objects_own_photo(in_the_evening, cup):
    composite, matte, _ = in_the_evening
    lights = read_lights(read_light(*cup), composite, matte)
    result = harmonize(composite, matte, HarmonizeSettings(), harmonizer=builtin(), lights=lights)
    assert result.chosen == "light"
    assert np.array_equal(result.image[matte == 0], composite[matte == 0])
    inside = matte > 0.5
    assert result.image[inside].mean() < 0.8 * composite[inside].mean()


def test_auto_leaves_an_object_alone_that_stays_in_its_light(cup):
    photo, matte = cup
    lights = read_lights(read_light(*cup), photo, matte)
    result = harmonize(photo, matte, HarmonizeSettings(), harmonizer=builtin(), lights=lights)
    assert result.chosen == "untouched"
    assert np.array_equal(result.image, photo)


def test_a_whole_photo_can_be_read_and_nothing_else_without_surroundings():
    photo = data.astronaut()
    assert len(read_light(photo)) == 9
    assert read_light(photo, np.ones(photo.shape[:2], np.float32)) is None
    assert read_light(photo, np.zeros(photo.shape[:2], np.float32)) is None
    assert read_light(photo[:4, :4]) is None


def test_objects_of_several_photos_have_the_mean_of_their_lights():
    assert mean_reading([(0.0,) * 9, (1.0,) * 9], [3, 1]) == (0.25,) * 9
