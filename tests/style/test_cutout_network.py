"""Cut-out networks by name and path: tiny files with the signatures of the real ones."""

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import Settings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.zoo.table import ZOO
from nst_pipeline.vision.shapes import Box
from tests.style.zoo.networks import save_network, save_salient

PICTURE = np.zeros((60, 100, 3), np.uint8)
PICTURE[20:50, 30:70, 0] = 255
BOX = Box(30, 20, 40, 30)


def save_trained(path):
    """What `training/cutout_network` exports; the object that it finds fills the box."""
    shapes = (
        {"picture": ["views", 3, 256, 256], "box": ["views", 2, 256, 256]},
        {"mask": ["views", 1, 256, 256], "expected_iou": ["views", 1]},
    )
    nodes = [
        ("Split", ["box"], ["mask", "given"], {"axis": 1}),
        ("ReduceMax", ["given"], ["most"], {}),
        ("Reshape", ["most", "pair"], ["one"], {}),
        ("ReduceMean", ["picture"], ["mean"], {}),
        ("Mul", ["mean", "zero"], ["nothing"], {}),
        ("Reshape", ["nothing", "pair"], ["nothing_too"], {}),
        ("Add", ["one", "nothing_too"], ["expected_iou"], {}),
    ]
    return save_network(path, nodes, *shapes, {"pair": np.array([1, 1]), "zero": np.float32(0)})


def test_without_a_network_there_is_none():
    assert load_cutout_network("builtin") is None


def test_a_network_that_a_user_trained_sees_the_box_in_every_view(tmp_path):
    found = load_cutout_network(str(save_trained(tmp_path / "mine.onnx")))(PICTURE, BOX)
    mask = found.probability > 0.5
    inside = np.zeros_like(mask)
    inside[BOX.slices] = True
    assert found.probability.dtype == np.float32
    assert (mask & inside).sum() / (mask | inside).sum() > 0.95
    assert found.agreement > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2)])
def test_a_picture_of_any_size_gives_probabilities_of_its_size(tmp_path, shape):
    network = load_cutout_network(str(save_trained(tmp_path / "mine.onnx")))
    picture = np.full((*shape, 3), 90, np.uint8)
    for box in (None, Box(0, 0, shape[1], shape[0])):
        assert network(picture, box).probability.shape == shape


def test_a_salient_network_is_taken_by_path(tmp_path):
    network = load_cutout_network(str(save_salient(tmp_path / "net.onnx", 320)))
    assert network(PICTURE, BOX).probability[35, 50] > 0.8


def test_a_damaged_file_is_one_line_with_its_name(tmp_path):
    half = save_trained(tmp_path / "half.onnx")
    half.write_bytes(half.read_bytes()[:200])
    with pytest.raises(ModelUnavailableError, match=r"half\.onnx") as error:
        load_cutout_network(str(half))
    assert "\n" not in str(error.value)


def test_the_setting_of_every_model_of_the_zoo_exists():
    for model in ZOO.values():
        section, name = model.setting.split(".")
        assert hasattr(getattr(Settings(), section), name)
