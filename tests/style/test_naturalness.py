"""The network of naturalness on photos that it did not learn from."""

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.naturalness import judge_naturalness as judged
from nst_pipeline.vision.naturalness.factors import FACTORS


@pytest.fixture(scope="module")
def cup() -> tuple[np.ndarray, np.ndarray]:
    """A photo of a cup on its saucer, and its outline."""
    photo = data.coffee()
    matte = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(matte, (300, 195), (215, 180), 0, 0, 360, 255, -1)
    return photo, cv2.GaussianBlur(matte, (0, 0), 1).astype(np.float32) / 255


def test_it_says_something_of_each_factor(cup):
    assert tuple(judged(*cup).factors) == FACTORS


def test_a_picture_without_an_object_is_natural(cup):
    assert judged(cup[0], np.zeros_like(cup[1])).probability == 1


def test_a_photo_is_more_natural_than_one_whose_cup_is_blue(cup):
    photo, matte = cup
    blue = np.where(matte[..., None] > 0.5, photo[..., ::-1], photo)
    untouched, changed = judged(photo, matte), judged(blue, matte)
    assert changed.probability < untouched.probability
    assert changed.factors["light"] < untouched.factors["light"]


def test_a_photo_is_more_natural_than_one_with_a_blurred_cup(cup):
    photo, matte = cup
    blurred = np.where(matte[..., None] > 0.5, cv2.GaussianBlur(photo, (0, 0), 6), photo)
    untouched, changed = judged(photo, matte), judged(blurred, matte)
    assert changed.probability < untouched.probability
    assert changed.factors["sharpness"] < untouched.factors["sharpness"]


def test_a_photo_is_more_natural_than_one_with_a_rectangle_of_another(cup):
    photo, _ = cup
    pasted, matte = photo.copy(), np.zeros(photo.shape[:2], np.float32)
    pasted[100:300, 60:220] = cv2.resize(data.rocket(), (160, 200))
    matte[100:300, 60:220] = 1
    assert judged(pasted, matte).probability < judged(photo, matte).probability


def test_a_mirrored_picture_is_as_natural(cup):
    photo, matte = cup
    mirrored = judged(np.ascontiguousarray(photo[:, ::-1]), np.ascontiguousarray(matte[:, ::-1]))
    assert mirrored.probability == pytest.approx(judged(photo, matte).probability, abs=0.1)
