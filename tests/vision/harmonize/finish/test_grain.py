import numpy as np
import pytest

from nst_pipeline.vision.harmonize.finish.grain import match_grain, measure_grain
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def grainy(cup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A clean cup in a grainy photo, its matte, and the photo grainy all over."""
    photo, matte = cup
    noise = np.random.default_rng(3).normal(0, 6, (*photo.shape[:2], 1))
    all_over = np.clip(photo + noise, 0, 255).astype(np.uint8)
    return np.where(matte[..., None] > 0.5, photo, all_over), matte, all_over


def test_grain_is_the_noise_of_calm_parts():
    noise = np.random.default_rng(0).normal(0, 2, (200, 200)).astype(np.float32)
    everywhere = np.ones((200, 200), bool)
    measured, nowhere = measure_grain(50 + noise, everywhere, ~everywhere)
    assert abs(measured - 2) < 0.5 and nowhere is None


def test_a_clean_object_takes_on_the_scenes_grain(grainy):
    image, matte, _ = grainy
    inside, outside = matte > 0.5, matte < 0.05
    before, wanted = measure_grain(to_lab(image)[..., 0], inside, outside)
    (after,) = measure_grain(to_lab(match_grain(image, matte))[..., 0], inside)
    assert before < 0.3 * wanted
    assert 0.6 * wanted < after < 1.4 * wanted


def test_equal_seeds_give_equal_bytes_and_the_background_stays(grainy):
    image, matte, _ = grainy
    one, again = match_grain(image, matte, seed=4), match_grain(image, matte, seed=4)
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(one[matte == 0], image[matte == 0])
    assert (one != match_grain(image, matte, seed=5)).any()


def test_a_grainy_object_is_unchanged(grainy, cup):
    _, matte, all_over = grainy
    np.testing.assert_array_equal(match_grain(all_over, matte), all_over)
    np.testing.assert_array_equal(match_grain(*cup), cup[0])
