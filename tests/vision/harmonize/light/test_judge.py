import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.light.change import LightChange
from nst_pipeline.vision.harmonize.light.judge import judge_light
from nst_pipeline.vision.harmonize.model.harmonizer import builtin
from nst_pipeline.vision.images.regions import object_mask

NIGHT = LightChange.from_numbers(np.array([-2.2, -0.2, 0, 0.3, *[0] * 5]), np.log(0.2))


@pytest.fixture
def pasted(cup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cup, larger than in its photo; its matte; and the photo behind it."""
    photo, matte = cup
    rows, columns = matte.shape
    matrix = np.array([[1.1, 0, -0.05 * columns], [0, 1.1, -0.05 * rows]])
    layer = cv2.warpAffine(photo, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    return layer, cv2.warpAffine(matte, matrix, (columns, rows)), photo


def seams(matte: np.ndarray) -> list[np.ndarray]:
    """A matte with its own edge, a soft one and a hard one."""
    return [
        matte,
        cv2.GaussianBlur(matte, (0, 0), 1.6),
        object_mask(matte).astype(np.float32),
    ]


@pytest.mark.parametrize("light", [None, NIGHT], ids=["right", "wrong"])
def test_perfect_soft_and_hard_seams_get_the_same_judgment(pasted, light):
    layer, matte, photo = pasted
    scene = photo if light is None else light.apply(photo)
    judged = [judge_light(recompose(scene, edge, layer), edge) for edge in seams(matte)]
    assert np.ptp([each.confidence for each in judged]) < 0.02
    assert np.ptp([each.change.exposure for each in judged]) < 0.05


def test_perfect_soft_and_hard_seams_get_the_same_advice(cup):
    layer, matte = cup
    scene = cv2.resize(NIGHT.apply(data.rocket()), matte.shape[::-1], interpolation=cv2.INTER_AREA)
    results = [
        harmonize(recompose(scene, edge, layer), edge, HarmonizeSettings(), harmonizer=builtin())
        for edge in seams(matte)
    ]
    assert {each.chosen for each in results} == {"light"}
    assert np.ptp([each.confidence for each in results]) < 0.05


def test_an_object_of_the_day_is_told_from_one_of_the_night_without_its_photo(pasted):
    layer, matte, photo = pasted
    night = NIGHT.apply(photo)
    wrong = judge_light(recompose(night, matte, layer), matte)
    right = judge_light(recompose(night, matte, NIGHT.apply(layer)), matte)
    assert right.confidence < 0.2 < 0.6 < wrong.confidence
    assert wrong.change.exposure < -0.8


def test_nothing_is_judged_without_surroundings(cup):
    photo, matte = cup
    assert judge_light(photo, np.ones_like(matte)) is None
    assert judge_light(photo, np.zeros_like(matte)) is None
