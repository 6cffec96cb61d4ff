import numpy as np
import pytest
from numpy.testing import assert_allclose
from skimage import data

from nst_pipeline.style.zoo.salient import (
    BIREFNET,
    ISNET,
    U2NET,
    recognize_salient,
    run_salient,
    salient_input,
    salient_probability,
)
from nst_pipeline.style.zoo.session import load_session
from nst_pipeline.style.zoo.signature import read_signature
from tests.style.zoo.networks import save_network, save_salient

FAMILIES = [(U2NET, 320, False), (ISNET, 1024, False), (BIREFNET, 1024, True)]
CUP = data.coffee()


@pytest.mark.parametrize(("family", "side", "logits"), FAMILIES)
def test_a_family_is_recognized_by_its_input_and_its_last_operation(tmp_path, family, side, logits):
    path = save_salient(tmp_path / "net.onnx", side, logits=logits)
    assert recognize_salient(read_signature(path)) is family


def test_other_networks_are_not_recognized(tmp_path):
    shapes = {"picture": [1, 3, 320, 320]}, {"classes": [1, 1000]}
    other = save_network(tmp_path / "a.onnx", [("Neg", ["picture"], ["classes"], {})], *shapes)
    assert recognize_salient(read_signature(other)) is None
    assert recognize_salient(read_signature(save_salient(tmp_path / "b.onnx", 512))) is None


@pytest.mark.parametrize(("family", "side", "_"), FAMILIES)
def test_a_picture_is_prepared_as_in_training(family, side, _):
    picture = np.full((50, 80, 3), (200, 100, 50), np.uint8)
    prepared = salient_input(picture, family)
    assert prepared.shape == (1, 3, side, side) and prepared.dtype == np.float32
    brightest = 200 if family is U2NET else 255
    expected = (np.array([200, 100, 50]) / brightest - family.mean) / family.spread
    assert_allclose(prepared[0, :, 7, 9], expected, rtol=1e-5)


def test_a_black_picture_is_prepared_without_a_division_by_zero():
    assert np.isfinite(salient_input(np.zeros((8, 8, 3), np.uint8), U2NET)).all()


def test_probabilities_get_the_pictures_size_and_are_not_stretched():
    faint = np.full((1, 1, 320, 320), 0.1, np.float32)
    assert_allclose(salient_probability(faint, U2NET, 80, 50), np.full((50, 80), 0.1), rtol=1e-5)


def test_logits_become_probabilities():
    logits = np.zeros((1, 1, 1024, 1024), np.float32)
    logits[..., :512], logits[..., 512:] = -1e4, 1e4
    probability = salient_probability(logits, BIREFNET, 64, 32)
    assert probability[:, :30].max() < 1e-6 and probability[:, 34:].min() > 1 - 1e-6


@pytest.mark.parametrize(("family", "side", "logits"), FAMILIES)
def test_the_network_sees_the_photo_where_it_is(tmp_path, family, side, logits):
    session = load_session(save_salient(tmp_path / "net.onnx", side, logits=logits))
    probability = run_salient(session, family, CUP)
    assert probability.shape == CUP.shape[:2]
    assert np.corrcoef(probability.ravel(), CUP[..., 0].ravel())[0, 1] > 0.9
