"""Toned scenes, made from photos of installed packages."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.compose.visibility import count_background_changes
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import builtin
from nst_pipeline.vision.harmonize.tone import TONE, Tone, apply_tone, find_tone, tone_shadows
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Box, Placement


def photo(name: str) -> np.ndarray:
    from skimage import data
    from sklearn.datasets import load_sample_image

    if name in ("china", "flower"):
        return load_sample_image(f"{name}.jpg")
    return np.ascontiguousarray(getattr(data, name)()[..., :3])


def gray(image: np.ndarray) -> np.ndarray:
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def toned(image: np.ndarray, shadows: tuple, lights: tuple) -> np.ndarray:
    """Make a picture whose a and b go from those of shadows to those of lights with lightness."""
    lab = to_lab(gray(image))
    share = lab[..., :1] / 100
    lab[..., 1:] = (1 - share) * np.float32(shadows) + share * np.float32(lights)
    return to_rgb(lab)


def matrix_sepia(image: np.ndarray) -> np.ndarray:
    """The sepia filter of many programs, which clips light parts."""
    rows = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
    return np.clip(np.rint(image @ np.transpose(rows)), 0, 255).astype(np.uint8)


def cyanotype(image: np.ndarray) -> np.ndarray:
    """Dark blue to white, by way of a lighter blue."""
    levels = [np.interp(np.arange(256), (0, 128, 255), ends) for ends in _CYANOTYPE]
    return np.rint(np.stack(levels, axis=-1)).astype(np.uint8)[gray(image)[..., 0]]


_CYANOTYPE = ((5, 30, 240), (15, 80, 245), (45, 140, 240))

TONES = {
    "black and white": gray,
    "faint warm tint": lambda image: toned(image, (1, 3), (1, 3)),
    "sepia": lambda image: toned(image, (4, 16), (4, 16)),
    "strong orange": lambda image: toned(image, (10, 35), (10, 35)),
    "sepia filter": matrix_sepia,
    "selenium": lambda image: toned(image, (6, -6), (1, 2)),
    "cold shadows, warm lights": lambda image: toned(image, (-2, -12), (3, 14)),
    "cyanotype": cyanotype,
}


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def noisy(image: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(0)
    noise = random.normal(0, 6, (*image.shape[:2], 1)) + random.normal(0, 3, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


STORED = {"png": lambda image: image, "jpeg": lambda image: as_jpeg(image, 85), "noisy": noisy}


def no_object(image: np.ndarray) -> np.ndarray:
    return np.zeros(image.shape[:2], np.float32)


def pasted_cup(scene: np.ndarray, cup) -> tuple[np.ndarray, np.ndarray]:
    """Paste the red cup, with its soft edge, at the bottom of a scene."""
    image, matte = scene.copy(), no_object(scene)
    height, width = cup[1].shape
    part = (slice(scene.shape[0] - height - 10, scene.shape[0] - 10), slice(30, 30 + width))
    alpha = cup[1][..., None]
    image[part] = np.rint(image[part] * (1 - alpha) + cup[0] * alpha)
    matte[part] = cup[1]
    return image, matte


def color_error(image: np.ndarray, tone_of) -> np.ndarray:
    """Distances of pixels, (n, 3), from the color that a tone has at their lightness, LAB units."""
    true = to_lab(tone_of(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)))[0]
    lab = to_lab(image[None])[0]
    wanted = [np.interp(lab[:, 0], true[:, 0], true[:, channel]) for channel in (1, 2)]
    return np.hypot(lab[:, 1] - wanted[0], lab[:, 2] - wanted[1])


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("scene", ["china", "astronaut"])
def test_an_object_in_a_toned_scene_gets_that_tone_and_no_other(cup, scene, tone, stored):
    composite, matte = pasted_cup(STORED[stored](TONES[tone](photo(scene))), cup)
    found = find_tone(composite, matte)
    assert found.kind == ("monochrome" if tone == "black and white" else "toned")
    error = color_error(apply_tone(composite, matte, found)[matte > 0], TONES[tone])
    assert np.sqrt((error**2).mean()) < (1.25 if stored == "png" else 2)


@pytest.mark.parametrize("quality", [95, 60, 30])
def test_in_a_black_and_white_jpeg_the_object_has_no_chroma(cup, quality):
    composite, matte = pasted_cup(as_jpeg(gray(photo("astronaut")), quality), cup)
    result = apply_tone(composite, matte, find_tone(composite, matte))
    np.testing.assert_array_equal(result.max(2), result.min(2))


COLOR = st.tuples(st.floats(-8, 12), st.floats(-8, 12))


@settings(max_examples=20, deadline=None)
@given(shadows=COLOR, lights=COLOR)
def test_the_tone_of_a_toned_photo_is_recovered(shadows, lights):
    image = toned(photo("chelsea")[::2, ::2], shadows, lights)
    found = find_tone(image, no_object(image))
    lightness = np.arange(20, 75)
    share = lightness[:, None] / 100
    true = (1 - share) * np.array(shadows) + share * np.array(lights)
    if found.kind == "monochrome":
        assert np.hypot(*true.T).max() < TONE.visible_distance
    else:
        assert np.abs(found.colors[lightness] - true).max() < 1


def test_beyond_the_scenes_lightness_the_tone_stays_as_it_is():
    image = np.clip(photo("chelsea"), 60, 180)
    image = toned(image, (4, 16), (4, 16))
    found = find_tone(image, no_object(image))
    np.testing.assert_allclose(found.colors[[0, 100]], [[4, 16]] * 2, atol=1)


COLORED = ("china", "flower", "astronaut", "coffee", "chelsea", "rocket", "retina")
"""Among them a blue dusk, and nothing but browns, oranges and greens."""


def in_fog(image: np.ndarray) -> np.ndarray:
    return np.rint(image * 0.5 + 105).astype(np.uint8)


def muted(image: np.ndarray) -> np.ndarray:
    return np.rint(0.4 * image + 0.6 * gray(image)).astype(np.uint8)


def at_dusk(image: np.ndarray) -> np.ndarray:
    return np.rint(image * np.array([0.35, 0.42, 0.6])).astype(np.uint8)


LIGHTS = {"as it is": lambda image: image, "fog": in_fog, "muted": muted, "dusk": at_dusk}


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("name", COLORED)
def test_a_color_photo_is_not_toned(name, light):
    image = LIGHTS[light](shrink_to_fit(photo(name), 512))
    assert find_tone(image, no_object(image)) is None


def test_a_black_and_white_photo_with_one_colored_thing_is_not_toned():
    image = gray(photo("astronaut"))
    image[100:130, 400:430] = photo("flower")[200:230, 300:330]
    assert find_tone(image, no_object(image)) is None


def test_a_drawing_of_few_flat_colors_is_not_toned():
    image, random = np.full((400, 400, 3), 240, np.uint8), np.random.default_rng(1)
    colors = random.integers(0, 256, (6, 3))
    for number in range(40):
        center = tuple(int(value) for value in random.integers(0, 400, 2))
        cv2.circle(image, center, 60, [int(value) for value in colors[number % 6]], -1)
    assert find_tone(image, no_object(image)) is None


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_background_is_not_toned(level):
    image = np.full((300, 300, 3), level, np.uint8)
    assert find_tone(image, no_object(image)) is None


def test_without_a_scene_there_is_no_tone():
    image = gray(photo("astronaut"))
    assert find_tone(image, np.ones(image.shape[:2], np.float32)) is None


@pytest.mark.parametrize("tone", TONES)
def test_toning_twice_is_toning_once(cup, tone):
    composite, matte = pasted_cup(TONES[tone](photo("china")), cup)
    found = find_tone(composite, matte)
    once = apply_tone(composite, matte, found)
    np.testing.assert_array_equal(apply_tone(once, matte, found), once)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), a=st.floats(-40, 40), b=st.floats(-40, 40))
def test_toning_changes_no_byte_outside_the_matte(seed, a, b):
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (20, 30, 3), np.uint8)
    matte = np.clip(random.normal(0, 1, (20, 30)), 0, 1).astype(np.float32)
    result = apply_tone(image, matte, Tone(np.tile([a, b], (101, 1))))
    np.testing.assert_array_equal(result[matte == 0], image[matte == 0])


def sunlit_cup(scene: np.ndarray, cup):
    """Paste the cup with a contact shadow, a bluish cast shadow, and light from the ground."""
    sticker = np.dstack([cup[0], to_uint8(cup[1])])
    height, width = cup[1].shape
    place = Placement("cup", Box(60, scene.shape[0] - height - 30, width, height))
    sunlit = scene_light(scene, "left").sunlit
    return compose(scene, [(place, sticker)], shadow=0.8, sunlit=sunlit, bounce=0.5)


@pytest.mark.parametrize("tone", TONES)
def test_shadows_in_a_toned_scene_have_its_tone(cup, tone):
    scene = TONES[tone](photo("china"))
    pasted = sunlit_cup(scene, cup)
    composite = tone_shadows(pasted, scene)
    result = harmonize(composite.image, pasted.matte, AUTO, harmonizer=builtin()).image
    changed = (pasted.matte > 0) | (pasted.shadow > 0)
    assert np.quantile(color_error(result[changed], TONES[tone]), 0.95) < 2
    if tone == "black and white":
        np.testing.assert_array_equal(result.max(2), result.min(2))
    mask, shadow = to_uint8(pasted.matte), to_uint8(pasted.shadow)
    assert count_background_changes(scene, result, mask, shadow) == 0


def test_shadows_in_a_colored_scene_stay_as_they_are(cup):
    scene = photo("china")
    pasted = sunlit_cup(scene, cup)
    assert tone_shadows(pasted, scene) is pasted


AUTO = HarmonizeSettings()


@pytest.mark.parametrize("method", ["auto", "ring", "model"])
@pytest.mark.parametrize("color_only", [False, True])
def test_every_result_in_a_black_and_white_scene_is_black_and_white(cup, method, color_only):
    composite, matte = pasted_cup(gray(photo("china")), cup)
    wanted = HarmonizeSettings(method=method, color_only=color_only)
    result = harmonize(composite, matte, wanted, harmonizer=builtin())
    assert result.tone == "monochrome" and result.confidence > 0.9
    np.testing.assert_array_equal(result.image.max(2), result.image.min(2))
    np.testing.assert_array_equal(result.image[matte == 0], composite[matte == 0])


@pytest.mark.parametrize("tone", ["sepia", "cold shadows, warm lights"])
def test_the_result_in_a_toned_scene_is_toned(cup, tone):
    composite, matte = pasted_cup(as_jpeg(TONES[tone](photo("china")), 90), cup)
    result = harmonize(composite, matte, AUTO, harmonizer=builtin())
    assert result.tone == "toned" and result.confidence > 0.9
    assert np.quantile(color_error(result.image[matte > 0], TONES[tone]), 0.9) < 2


@pytest.mark.parametrize("chosen", [{"method": "untouched"}, {"keep_colors": True}])
def test_the_object_keeps_its_colors_where_the_settings_say_so(cup, chosen):
    composite, matte = pasted_cup(gray(photo("china")), cup)
    wanted = HarmonizeSettings(color_only=True, **chosen)
    result = harmonize(composite, matte, wanted, harmonizer=builtin())
    assert result.tone is None
    moved = np.abs(to_lab(result.image) - to_lab(composite))[matte == 1]
    assert moved[:, 1:].mean() < 1


def test_strength_applies_a_share_of_the_tone(cup):
    composite, matte = pasted_cup(gray(photo("china")), cup)

    def at(strength: float) -> np.ndarray:
        wanted = HarmonizeSettings(strength=strength)
        return harmonize(composite, matte, wanted, harmonizer=builtin()).image.astype(int)

    np.testing.assert_array_equal(at(0), composite)
    assert np.abs((at(1) + at(0)) / 2 - at(0.5)).max() <= 0.5


def test_an_object_that_has_the_tone_stays_as_it_is(cup):
    image, matte = gray(cup[0]), cup[1]
    result = harmonize(image, matte, AUTO, harmonizer=builtin())
    assert (result.tone, result.chosen) == ("monochrome", "untouched")
    assert result.confidence < 0.5
    np.testing.assert_array_equal(result.image, image)


def test_a_black_and_white_photo_with_stains_is_toned():
    """A print that turned yellow at one side, scanned by a bluish scanner."""
    scan = to_lab(gray(photo("rocket")))
    stain = np.linspace(-1, 1, scan.shape[1], dtype=np.float32)[None, :]
    scan[..., 2] += 1.8 * stain
    scan[..., 1] += 0.5 * np.sin(9 * stain)
    tone = find_tone(to_rgb(scan), np.zeros(scan.shape[:2], np.float32))
    assert tone is not None
    assert np.abs(tone.colors).max() < 3


@pytest.mark.parametrize("name", ["rocket", "astronaut", "coffee", "chelsea", "china", "flower"])
def test_a_photo_in_color_has_no_tone(name):
    picture = photo(name)
    assert find_tone(picture, np.zeros(picture.shape[:2], np.float32)) is None


@pytest.mark.parametrize("name", ["brick", "gravel", "grass", "camera"])
def test_a_texture_without_color_is_black_and_white(name):
    """Bricks have two shades and little between them, but no color at all."""
    from skimage import data

    picture = np.repeat(getattr(data, name)()[..., None], 3, axis=2)
    tone = find_tone(picture, np.zeros(picture.shape[:2], np.float32))
    assert tone is not None and tone.kind == "monochrome"


def test_a_gray_drawing_and_a_white_page_are_no_photos():
    page = np.full((200, 300, 3), 255, np.uint8)
    nothing = np.zeros((200, 300), np.float32)
    assert find_tone(page, nothing) is None
    page[40:80] = 30
    assert find_tone(page, nothing) is None
