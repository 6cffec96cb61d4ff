import cv2
import numpy as np
from skimage import data

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.model.distort import move_sliders
from nst_pipeline.vision.harmonize.model.in_place import (
    OUTLINE_FEATURES,
    describe_outline,
    is_in_place,
)
from nst_pipeline.vision.harmonize.object_view import object_view


def test_an_object_recolored_in_its_own_photo_is_in_place(cup):
    photo, mask = cup[0], np.rint(cup[1]).astype(np.float32)
    for seed in range(3):
        edited = move_sliders(photo, np.random.default_rng(seed))
        assert is_in_place(object_view(recompose(photo, mask, edited), mask))


def test_an_object_pasted_on_another_photo_is_not(cup):
    photo, matte = cup
    scene = cv2.resize(data.rocket(), matte.shape[::-1], interpolation=cv2.INTER_AREA)
    for edge in (matte, cv2.GaussianBlur(matte, (0, 0), 1.5), np.rint(matte).astype(np.float32)):
        assert not is_in_place(object_view(recompose(scene, edge, photo), edge))


def test_the_description_of_no_outline_is_zeros():
    lab, inside = np.zeros((20, 20, 3), np.float32), np.zeros((20, 20), bool)
    assert not describe_outline(lab, inside).any()
    inside[5:15, 5:15] = True
    assert describe_outline(lab, inside).shape == (OUTLINE_FEATURES,)
