import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nst_pipeline.vision.harmonize.light.change import (
    LIMITS,
    LightChange,
    to_display,
    to_linear,
)
from nst_pipeline.vision.images.color import LUMINANCE, to_lab, to_rgb

PIVOT = float(np.log(0.2))
numbers = arrays(np.float64, 9, elements=st.floats(-5, 5))
pictures = arrays(np.uint8, (5, 7, 3))


def plain(image: np.ndarray, change: LightChange) -> np.ndarray:
    """The change as the module's docstring describes it, in double precision."""
    shown = image / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    lit = linear * np.exp(change.exposure + change.balance)
    luminance = np.maximum(lit @ LUMINANCE, LIMITS.darkest)[..., None]
    power = np.exp(change.contrast) - 1
    factor = (luminance / np.exp(change.pivot + change.exposure)) ** power
    factor = np.clip(factor, 1 / LIMITS.tone_factor, LIMITS.tone_factor)
    gray = luminance * factor
    lit = np.clip(gray + np.exp(change.saturation) * (lit * factor - gray), 0, 1)
    shown = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * lit ** (1 / 2.4) - 0.055)
    shown = shown * (1 - np.maximum(change.haze, 0)) + change.haze
    return 255 * np.clip(shown, 0, 1)


@given(pictures, numbers)
def test_a_change_is_what_its_formula_says(image, values):
    change = LightChange.from_numbers(values, PIVOT)
    assert np.abs(change.apply(image) - plain(image, change)).max() <= 0.51


@given(pictures)
def test_no_change_changes_nothing(image):
    assert np.array_equal(LightChange.from_numbers(np.zeros(9), PIVOT).apply(image), image)


@given(pictures, numbers)
def test_no_share_of_a_change_changes_nothing(image, values):
    change = LightChange.from_numbers(values, PIVOT)
    assert np.array_equal(change.scaled(0).apply(image), image)
    assert np.array_equal(change.scaled(1).apply(image), change.apply(image))


@given(numbers)
def test_no_number_exceeds_its_limit(values):
    change = LightChange.from_numbers(100 * values, PIVOT)
    found = [change.exposure, *change.balance, change.contrast, change.saturation, *change.haze]
    assert (np.abs(found) <= LIMITS.of_numbers).all()


@given(numbers)
def test_lighter_grays_stay_lighter(values):
    """Nothing posterizes: the order of tones is kept."""
    values[1:4] = values[6:] = 0
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    shown = LightChange.from_numbers(values, PIVOT).apply(ramp)[0].astype(int)
    assert (np.diff(shown, axis=0) >= 0).all()


def test_exposure_multiplies_light():
    image = np.full((1, 1, 3), 188, np.uint8)  # half of the light
    darker = LightChange.from_numbers(np.array([-np.log(2), *[0] * 8]), PIVOT)
    assert to_linear(darker.apply(image) / np.float32(255)) == pytest.approx(0.25, abs=0.02)


def test_lab_values_change_as_pixels_do():
    image = np.random.default_rng(0).integers(40, 200, (20, 20, 3), np.uint8)
    change = LightChange.from_numbers(np.array([-0.4, 0.1, 0, -0.2, 0.1, -0.1, 0.02, 0, 0]), PIVOT)
    through_lab = to_rgb(change.apply_to_lab(to_lab(image))).astype(int)
    assert np.abs(through_lab - change.apply(image)).max() <= 2


def test_display_and_linear_are_inverse():
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    assert np.abs(to_display(to_linear(levels)) - levels).max() < 1e-4
