"""The cases that the benchmark of harmonizing makes are what they say."""

import cv2
import numpy as np
import pytest
from skimage import data

from benchmarks.harmonizing.cases import (
    ANOTHER_LIGHT,
    NATURAL,
    NO_SEAM,
    SEAM_KINDS,
    SEAMS,
    TONED,
    Photo,
    enlarge,
    natural_case,
    relit_case,
    relit_natural_case,
    seam_cases,
    soften,
)
from benchmarks.harmonizing.figures import Result, measure, tone_distance
from benchmarks.harmonizing.looks import LIGHTS, TONES, draw_light, draw_tone
from benchmarks.harmonizing.sets import made_sets


def photo_of(name: str, picture: np.ndarray) -> Photo:
    """A photo with an ellipse in its middle as the object."""
    image = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA)
    matte = np.zeros((120, 160), np.float32)
    cv2.ellipse(matte, (80, 66), (36, 40), 0, 0, 360, 1, -1)
    return Photo(name, image, matte)


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    pictures = {"cup": data.coffee(), "cat": data.chelsea(), "astronaut": data.astronaut()}
    return [photo_of(*each) for each in pictures.items()]


@pytest.fixture
def cup(photos):
    return photos[0]


@pytest.fixture(scope="module")
def cases(photos):
    return list(made_sets(photos))


def resized_about_the_foot(photo: Photo, scale: float) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((80.5, 107), 0, scale)
    return cv2.warpAffine(photo.image, matrix, (160, 120), flags=cv2.INTER_CUBIC).astype(int)


def test_a_natural_object_differs_from_its_photo_by_its_size_alone(cup):
    case = natural_case(soften(enlarge(cup, np.random.default_rng(4)), 1.2))
    np.testing.assert_array_equal(case.composite, case.truth)
    np.testing.assert_array_equal(case.composite[case.matte == 0], cup.image[case.matte == 0])
    whole = case.matte == 1
    errors = {
        scale: np.abs(resized_about_the_foot(cup, scale) - case.composite)[whole].mean()
        for scale in np.linspace(1, 1.2, 41)
    }
    best = min(errors, key=errors.__getitem__)
    assert 1.05 < best < 1.15
    assert errors[best] < 2 < errors[1.0]


def test_outlines_are_soft(cup):
    paste = soften(enlarge(cup, np.random.default_rng(4)), 1.2)
    assert len(np.unique(paste.matte[66])) > 4


def test_the_true_picture_in_another_light_is_the_photo_in_that_light(cup):
    rng = np.random.default_rng(1)
    paste = soften(enlarge(cup, rng), 1)
    natural, light = natural_case(paste), draw_light(LIGHTS["dusk"], cup.image, rng)
    relit, whole = relit_case(paste, "dusk", light), (paste.matte == 0) | (paste.matte == 1)
    np.testing.assert_array_equal(relit.truth[whole], light.on(natural.composite)[whole])
    np.testing.assert_array_equal(relit.truth, relit_natural_case(paste, light).composite)
    inside = paste.matte == 1
    np.testing.assert_array_equal(relit.composite[inside], natural.composite[inside])
    np.testing.assert_array_equal(relit.source, cup.image)


def test_only_the_object_is_wrong(cases):
    assert {case.protocol for case in cases} == {NO_SEAM, ANOTHER_LIGHT, TONED, SEAMS}
    for case in cases:
        outside = case.matte == 0
        np.testing.assert_array_equal(case.composite[outside], case.truth[outside])
        wrong = (case.composite != case.truth).any()
        assert case.protocol == SEAMS or wrong == (case.kind != NATURAL)


def test_the_same_seed_gives_the_same_bytes(photos, cases):
    for case, again in zip(cases, made_sets(photos), strict=True):
        np.testing.assert_array_equal(case.composite, again.composite)
        np.testing.assert_array_equal(case.matte, again.matte)
    other = next(made_sets(photos, seed=1))
    assert (cases[0].composite != other.composite).any()


def test_tiny_objects_are_left_out(cup):
    tiny = np.zeros_like(cup.matte)
    tiny[60:64, 60:64] = 1
    assert not list(made_sets([Photo("tiny", cup.image, tiny)]))


def test_lights_look_like_their_names(cup):
    def mean(kind: str) -> np.ndarray:
        return (
            draw_light(LIGHTS[kind], cup.image, np.random.default_rng(0)).on(cup.image).mean((0, 1))
        )

    day = cup.image.mean((0, 1))
    assert mean("dusk").sum() < 0.8 * day.sum() and mean("high key").sum() > 1.1 * day.sum()
    assert mean("dusk")[2] / mean("dusk")[0] > day[2] / day[0] > mean("lamp")[2] / mean("lamp")[0]
    hazy = draw_light(LIGHTS["haze"], cup.image, np.random.default_rng(0)).on(cup.image)
    assert hazy.min() > cup.image.min() + 60 and hazy.std() < 0.8 * cup.image.std()


@pytest.mark.parametrize("kind", TONES)
def test_in_a_toned_scene_colors_follow_from_lightness(cup, kind):
    shown = draw_tone(kind, np.random.default_rng(0)).on(cup.image)
    inside = cup.matte > 0
    assert tone_distance(shown, shown, inside) < 1 < 5 < tone_distance(cup.image, shown, inside)
    darker = np.asarray(shown * 0.8, np.uint8)
    assert kind == "duotone" or tone_distance(darker, shown, inside) < 5


def test_the_object_is_the_same_with_each_seam(cup):
    paste = enlarge(cup, np.random.default_rng(2))
    perfect, soft, hard = cases = list(seam_cases(paste, 255 - paste.layer))
    assert tuple(case.kind for case in cases) == SEAM_KINDS
    inside = (perfect.matte == 1) & (soft.matte == 1) & (hard.matte == 1)
    for case in cases:
        np.testing.assert_array_equal(case.composite[inside], 255 - paste.layer[inside])
        outside = case.matte == 0
        np.testing.assert_array_equal(case.composite[outside], cup.image[outside])
    assert set(np.unique(hard.matte)) == {0, 1}


def test_untouched_and_true_results_get_the_figures_that_they_must(cases):
    untouched = measure([Result(case, case.composite, 0.0) for case in cases])
    true = measure([Result(case, case.truth, 0.0) for case in cases])
    assert untouched["no telling seam, natural: left alone %"] == 100
    assert untouched["another light, all: fMSE ratio"] == 1
    assert untouched["seams: agree %"] == 100
    assert untouched["toned, all: chroma distance"] > 5 > 1 > true["toned, all: chroma distance"]
    assert true["another light, all: fMSE ratio"] == 0
    assert true["no telling seam, sliders: better %"] == 100


def test_advice_that_depends_on_the_seam_is_no_agreement(cases):
    confidence = {"perfect": 0.9, "soft": 0.75, "hard": 0.9}
    seams = [case for case in cases if case.protocol == SEAMS]
    told = [Result(case, case.composite, confidence[case.kind]) for case in seams]
    assert measure(told)["seams: agree %"] == 0
