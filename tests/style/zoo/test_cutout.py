import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.cutout import BOX_LIMITS, cutout_network
from nst_pipeline.style.zoo.store import adopt_model
from nst_pipeline.vision.cutout.segmentation import keep_inside
from nst_pipeline.vision.shapes import Box
from tests.style.zoo.networks import save_network, save_salient, save_sam

PICTURE = np.zeros((60, 100, 3), np.uint8)
PICTURE[20:50, 30:70, 0] = 255
PICTURE[5:15, 80:95, 0] = 255
"""Two red things on black."""
BOX = Box(30, 20, 40, 30)


def test_a_salient_network_finds_everything_without_a_box_and_one_thing_with_it(tmp_path):
    find = cutout_network(str(save_salient(tmp_path / "net.onnx", 320)))
    everything, one = find(PICTURE, None), find(PICTURE, BOX)
    assert everything.shape == one.shape == PICTURE.shape[:2]
    assert everything[10, 88] > 0.8 and one[10, 88] == 0
    assert everything[35, 50] == one[35, 50] > 0.8


def test_a_folder_is_a_box_prompted_network(tmp_path):
    find = cutout_network(str(save_sam(tmp_path)))
    found = find(PICTURE, BOX) > 0.5
    assert found[35, 50] and not found[10, 88]
    assert (find(PICTURE, None) > 0.5).mean() > 0.9


def test_an_object_may_reach_a_little_out_of_its_box():
    kept = keep_inside(np.ones((60, 100), np.float32), Box(20, 20, 40, 20), BOX_LIMITS.slack)
    assert kept[18:42, 18:62].all() and kept.sum() == 24 * 44


def test_a_name_of_the_zoo_is_a_network(register, tmp_path):
    path = save_salient(tmp_path / "mine.onnx", 320)
    adopt_model(register("eye", "cutout.network", eye=path.read_bytes()), path)
    assert cutout_network("eye")(PICTURE, None)[35, 50] > 0.8


def test_a_file_of_another_signature_is_one_line_with_what_there_is(tmp_path):
    shapes = {"picture": [1, 3, 224, 224]}, {"classes": [1, 1000]}
    path = save_network(tmp_path / "a.onnx", [("Neg", ["picture"], ["classes"], {})], *shapes)
    with pytest.raises(ModelUnavailableError, match=r"a\.onnx is no cut-out.*isnet") as error:
        cutout_network(str(path))
    assert "\n" not in str(error.value)


def test_a_detector_is_refused_by_name():
    with pytest.raises(ModelUnavailableError, match=r"yolox-s is for detection\.dnn_model"):
        cutout_network("yolox-s")
