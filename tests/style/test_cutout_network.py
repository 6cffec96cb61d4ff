"""The network that comes with the package, on real photos; a user's own; and the zoo's."""

import shutil

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.cutout_network import BUILTIN_FILE, load_cutout_network
from nst_pipeline.style.zoo.table import ZOO
from nst_pipeline.vision.shapes import Box
from tests.style.zoo.networks import save_salient

CUP = Box(78, 12, 404, 376)


@pytest.fixture(scope="module")
def network():
    return load_cutout_network()


def test_a_cup_is_segmented_in_its_box(network):
    found = network(data.coffee(), CUP)
    assert found.probability.shape == data.coffee().shape[:2]
    assert found.probability.dtype == np.float32
    assert found.probability[200, 250] > 0.9
    assert found.probability[380, 20] < 0.1
    assert found.agreement > 0.9
    assert found.expected_iou > 0.8


def test_the_main_object_is_found_without_a_box(network):
    probability = network(data.chelsea(), None).probability
    assert probability[120, 200] > 0.9
    assert probability.mean() < 0.9


def test_a_box_chooses_between_two_objects(network):
    cat = cv2.resize(data.chelsea(), (200, 160), interpolation=cv2.INTER_AREA)
    both = np.concatenate([cat, cat[:, ::-1]], axis=1)
    left = network(both, Box(0, 0, 200, 160)).probability
    right = network(both, Box(200, 0, 200, 160)).probability
    assert left[:, :200].mean() > 3 * left[:, 200:].mean()
    assert right[:, 200:].mean() > 3 * right[:, :200].mean()


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (40, 60)])
def test_a_picture_of_any_size_gives_probabilities_of_its_size(network, shape):
    picture = np.full((*shape, 3), 90, np.uint8)
    for box in (None, Box(0, 0, shape[1], shape[0])):
        probability = network(picture, box).probability
        assert probability.shape == shape
        assert probability.min() >= 0 and probability.max() <= 1


def test_the_same_picture_gives_the_same_bytes(network):
    first, second = (network(data.coffee(), CUP) for _ in range(2))
    assert first.probability.tobytes() == second.probability.tobytes()


def test_a_network_that_a_user_trained_is_taken_by_path(network, tmp_path):
    mine = shutil.copy(BUILTIN_FILE, tmp_path / "mine.onnx")
    found = load_cutout_network(str(mine))(data.coffee(), CUP)
    np.testing.assert_array_equal(found.probability, network(data.coffee(), CUP).probability)


def test_a_damaged_file_is_one_line_with_the_remedy(tmp_path):
    half = tmp_path / "half.onnx"
    half.write_bytes(BUILTIN_FILE.read_bytes()[:100_000])
    with pytest.raises(ModelUnavailableError, match=r"half\.onnx") as error:
        load_cutout_network(str(half))
    assert "\n" not in str(error.value)


def test_where_a_salient_network_sees_nothing_the_packages_own_takes_over(network, tmp_path):
    path = save_salient(tmp_path / "net.onnx", 320)
    blue = data.coffee() * np.array([0, 0, 1], np.uint8)  # the tiny network sees red things only
    seen = load_cutout_network(str(path))(blue, CUP)
    np.testing.assert_array_equal(seen.probability, network(blue, CUP).probability)


def test_the_setting_of_every_model_of_the_zoo_exists():
    from nst_pipeline.settings import Settings

    for model in ZOO.values():
        section, name = model.setting.split(".")
        assert hasattr(getattr(Settings(), section), name)
