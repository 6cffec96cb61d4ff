import cv2
import numpy as np
import pytest

from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shapes import Box, Placement

STANDING = Placement("it", Box(10, 20, 60, 80))


@pytest.fixture
def lit_from_left() -> np.ndarray:
    """A gray block, bright on its left."""
    sticker = np.full((240, 320, 4), 255, np.uint8)
    sticker[..., :3] = np.linspace(170, 50, 320)[None, :, None]
    return sticker


def test_a_sticker_is_mirrored_to_the_scenes_light(lit_from_left):
    placed, why = match_light(STANDING, lit_from_left, "dog", lambda: 1.0)
    assert placed == Placement("it", STANDING.box, flip=True)
    assert why == "mirrored: it was lit from the left, the scene is lit from the right"


def test_what_agrees_stays(lit_from_left):
    assert match_light(STANDING, lit_from_left, "dog", lambda: -1.0) == (STANDING, "")


def test_an_unsure_scene_mirrors_nothing(lit_from_left):
    assert match_light(STANDING, lit_from_left, "dog", lambda: 0.3) == (STANDING, "")


def test_an_unsure_sticker_is_not_mirrored():
    plain = np.full((100, 100, 4), 255, np.uint8)
    assert match_light(STANDING, plain, "dog", lambda: 1.0) == (STANDING, "")


@pytest.mark.parametrize("label", ["car", "Bottle", "clock", "street sign", "guitar"])
def test_things_with_letters_and_lopsided_things_are_never_mirrored(lit_from_left, label):
    assert match_light(STANDING, lit_from_left, label, lambda: 1.0) == (STANDING, "")


def test_writing_is_never_mirrored(lit_from_left):
    cv2.putText(lit_from_left, "SALE 50", (40, 130), 0, 1.6, (255, 255, 255, 255), 4)
    assert match_light(STANDING, lit_from_left, "dog", lambda: 1.0) == (STANDING, "")


def test_a_random_mirroring_that_disagrees_with_the_light_is_undone(lit_from_left):
    mirrored = Placement("it", STANDING.box, flip=True)
    placed, why = match_light(mirrored, lit_from_left, "car", lambda: -1.0)
    assert not placed.flip and why.startswith("not mirrored: ")
