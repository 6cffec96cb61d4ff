import numpy as np
import pytest
from numpy.testing import assert_allclose

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.detector import find_with_network
from nst_pipeline.style.zoo.detector import recognize_detector, stretched_input, yolox_input
from nst_pipeline.style.zoo.signature import read_signature
from nst_pipeline.style.zoo.store import adopt_model
from nst_pipeline.vision.detect.coco import COCO_CLASSES
from nst_pipeline.vision.shapes import Box
from tests.style.zoo.networks import save_boxes, save_queries, save_salient, save_yolox

FAMILIES = [(save_yolox, "YOLOX"), (save_queries, "queries"), (save_boxes, "boxes")]
PHOTO = np.full((100, 200, 3), (200, 100, 50), np.uint8)


@pytest.mark.parametrize(("save", "family"), FAMILIES)
def test_a_family_is_recognized_by_its_signature(tmp_path, save, family):
    assert recognize_detector(read_signature(save(tmp_path / "net.onnx"))) == family


def test_other_networks_are_not_recognized(tmp_path):
    path = save_salient(tmp_path / "net.onnx", 320)
    assert recognize_detector(read_signature(path)) is None


@pytest.mark.parametrize("save", [save for save, _ in FAMILIES])
def test_boxes_come_back_in_the_photos_pixels(tmp_path, save):
    [found] = find_with_network(PHOTO, str(save(tmp_path / "net.onnx")))
    assert (found.label, found.source) == ("16", "dnn")
    assert found.score == pytest.approx(0.9, abs=1e-3)
    wanted, box = Box(75, 38, 50, 25), found.box
    assert abs(box.x - wanted.x) <= 1 and abs(box.y - wanted.y) <= 1
    assert abs(box.right - wanted.right) <= 1 and abs(box.bottom - wanted.bottom) <= 1


def test_a_model_of_the_zoo_says_what_it_sees(tmp_path, register):
    path = save_queries(tmp_path / "mine.onnx")
    model = register("seer", "detection.dnn_model", model=path.read_bytes())
    with pytest.raises(ModelUnavailableError, match=r"dnn_model.*nst models --get seer"):
        find_with_network(PHOTO, "seer")
    adopt_model(model, path)
    [found] = find_with_network(PHOTO, "seer")
    assert found.label == "dog"


def test_yolox_sees_blue_first_and_unscaled_with_gray_below():
    prepared, scale = yolox_input(PHOTO, 64)
    assert prepared.shape == (1, 3, 64, 64) and scale == 0.32
    assert prepared[0, :, 5, 5].tolist() == [50, 100, 200]
    assert prepared[0, :, 50, 5].tolist() == [114, 114, 114]


def test_transformers_see_red_first_between_0_and_1():
    prepared = stretched_input(PHOTO, 64)
    assert prepared.shape == (1, 3, 64, 64)
    assert_allclose(prepared[0, :, 60, 5], np.array([200, 100, 50]) / 255, rtol=1e-5)


def test_coco_has_80_classes():
    assert len(set(COCO_CLASSES)) == 80
    assert (COCO_CLASSES[0], COCO_CLASSES[15], COCO_CLASSES[79]) == ("person", "cat", "toothbrush")
