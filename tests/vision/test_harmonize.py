import time

import cv2
import numpy as np
import pytest

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.colour import ColourChange
from nst_pipeline.vision.describe import object_statistics, view
from nst_pipeline.vision.harmonize import candidates, harmonize
from nst_pipeline.vision.harmonizer import Harmonizer, calibrate, fallback, recolour


@pytest.fixture(scope="module")
def calibrated(collection) -> Harmonizer:
    return calibrate(collection)


@pytest.fixture(scope="module")
def green_cup(cup) -> np.ndarray:
    """The cup's photo with the cup made green."""
    seen = view(*cup)
    change = ColourChange(object_statistics(seen).mean, np.ones(3), np.array([10, -45.0, 5.0]))
    return recolour(*cup, change)


def distance(one: np.ndarray, other: np.ndarray, matte: np.ndarray) -> float:
    return float(((one.astype(float) - other) ** 2)[matte > 0.5].mean())


def test_auto_mends_a_wrong_colour(green_cup, cup, calibrated):
    photo, matte = cup
    result = harmonize(green_cup, matte, HarmonizeSettings(), harmonizer=calibrated)
    assert result.chosen != "untouched"
    assert distance(result.image, photo, matte) < 0.7 * distance(green_cup, photo, matte)
    assert max(result.scores, key=result.scores.get) == result.chosen


def test_auto_leaves_a_natural_photo(cup, calibrated):
    photo, matte = cup
    result = harmonize(photo, matte, HarmonizeSettings(), harmonizer=calibrated)
    assert distance(result.image, photo, matte) < 60


@pytest.mark.parametrize("method", ["untouched", "ring", "magenta", "vgg19", "model", "auto"])
def test_every_method_keeps_the_background_bytes(green_cup, cup, calibrated, method):
    _, matte = cup
    stylised = cv2.resize(255 - green_cup, (128, 84), interpolation=cv2.INTER_AREA)
    plain = cv2.resize(green_cup, (128, 84), interpolation=cv2.INTER_AREA)
    result = harmonize(
        green_cup,
        matte,
        HarmonizeSettings(method=method),
        harmonizer=calibrated,
        magenta=(stylised, plain),
        vgg19=stylised,
    )
    np.testing.assert_array_equal(result.image[matte == 0], green_cup[matte == 0])
    assert set(result.scores) == {"untouched", "ring", "model", "magenta", "vgg19"}
    changed = (result.image != green_cup).any()
    assert changed != (result.chosen == "untouched")


def test_a_network_s_tint_is_taken_by_half(cup):
    photo, matte = cup
    dull = (photo * 0.5 + 50).astype(np.uint8)
    warmer = dull + np.array([40, 0, 0], np.uint8)
    found = candidates(dull, matte, fallback(), magenta=(warmer, dull))["magenta"]
    moved = found.astype(int) - dull
    np.testing.assert_allclose(moved[matte == 1], [[20, 0, 0]] * int((matte == 1).sum()), atol=1)


def test_strength_takes_a_share(green_cup, cup):
    _, matte = cup

    def at(share: float) -> np.ndarray:
        settings = HarmonizeSettings(method="ring", strength=share)
        return harmonize(green_cup, matte, settings, harmonizer=fallback()).image.astype(int)

    full, half, none = at(1), at(0.5), at(0)
    np.testing.assert_array_equal(none, green_cup)
    assert np.abs((full + none) / 2 - half).max() <= 0.5


def test_a_method_without_its_picture_says_so(cup):
    with pytest.raises(SettingError, match="vgg19"):
        harmonize(*cup, HarmonizeSettings(method="vgg19"), harmonizer=fallback())


def test_model_before_calibration_is_the_fallback(cup):
    photo, matte = cup
    result = harmonize(photo, matte, HarmonizeSettings(method="model"), harmonizer=fallback())
    np.testing.assert_array_equal(result.image, fallback().apply(photo, matte))


MATTES = {
    "empty": np.zeros((48, 64), np.float32),
    "full": np.ones((48, 64), np.float32),
    "one pixel": np.pad(np.ones((1, 1), np.float32), ((20, 27), (30, 33))),
    "faint": np.full((48, 64), 0.2, np.float32),
}


@pytest.mark.parametrize("matte", MATTES.values(), ids=MATTES.keys())
def test_where_nothing_can_be_told_nothing_changes(matte, calibrated):
    photo = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    for harmonizer in (fallback(), calibrated):
        result = harmonize(photo, matte, HarmonizeSettings(), harmonizer=harmonizer)
        assert result.chosen == "untouched"
        np.testing.assert_array_equal(result.image, photo)


def test_a_grey_picture_stays_as_it_is():
    grey, matte = np.full((60, 60, 3), 128, np.uint8), np.zeros((60, 60), np.float32)
    matte[20:40, 20:40] = 1
    result = harmonize(grey, matte, HarmonizeSettings(method="ring"), harmonizer=fallback())
    np.testing.assert_array_equal(result.image, grey)


def test_twelve_megapixels_take_seconds(green_cup, cup, calibrated):
    _, matte = cup
    large = cv2.resize(green_cup, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    soft = cv2.resize(matte, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    start = time.process_time()
    result = harmonize(large, soft, HarmonizeSettings(), harmonizer=calibrated)
    assert time.process_time() - start < 10
    assert result.image.shape == large.shape
