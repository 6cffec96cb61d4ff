"""Masks from networks of the zoo: tiny files with their signature, which see red things only."""

import cv2
import numpy as np
import pytest

from tests.style.zoo.networks import save_salient
from training.cutout_network.samples import list_photos
from training.cutout_network.teachers import TeacherParameters, teach, why_unusable

SURE = np.zeros((40, 60), np.float32)
SURE[10:30, 20:40] = 1


def test_a_photo_on_which_the_networks_agree_gets_the_first_ones_mask(tmp_path):
    photos = []
    for name, color in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        photo = np.zeros((160, 240, 3), np.uint8)
        photo[40:120, 60:180] = color
        photos.append(tmp_path / f"{name}.png")
        cv2.imwrite(str(photos[-1]), photo[..., ::-1])
    network = str(save_salient(tmp_path / "net.onnx", 320))
    assert teach(photos, [network, network], tmp_path / "set") == 1
    [red] = list_photos(tmp_path / "set")
    _, [mask] = red.read()
    assert mask[80, 120] > 0.9 and mask[10, 10] < 0.1


@pytest.mark.parametrize(
    ("masks", "reason"),
    [
        ([SURE, SURE], None),
        ([SURE, np.roll(SURE, 12, axis=1)], "disagree"),
        ([np.where(SURE > 0, np.float32(0.6), np.float32(0)), SURE], "not sure"),
        ([np.zeros_like(SURE)], "covers 0 %"),
        ([np.ones_like(SURE)], "covers 100 %"),
    ],
)
def test_masks_are_refused_with_the_reason(masks, reason):
    said = why_unusable(masks, TeacherParameters())
    assert said == reason if reason is None else reason in said
