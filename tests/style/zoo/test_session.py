import shutil
import sys

import numpy as np
import onnx
import pytest
from numpy.testing import assert_allclose

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.session import load_session
from nst_pipeline.style.zoo.signature import read_signature
from tests.style.zoo.networks import FLOAT, save_network, save_salient

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


def _doubling(path, kind=FLOAT):
    shapes = {"values": (kind, ["rows", 4])}, {"doubled": (kind, ["rows", 4])}
    return save_network(path, [("Add", ["values", "values"], ["doubled"], {})], *shapes)


def test_a_network_runs(tmp_path):
    session = load_session(_doubling(tmp_path / "net.onnx"))
    [doubled] = session.run({"values": VALUES}, ["doubled"])
    assert_allclose(doubled, 2 * VALUES)


def test_a_network_of_half_precision_takes_and_gives_float32(tmp_path):
    half = onnx.TensorProto.FLOAT16
    [doubled] = load_session(_doubling(tmp_path / "net.onnx", half)).run(
        {"values": VALUES}, ["doubled"]
    )
    assert doubled.dtype == np.float32
    assert_allclose(doubled, 2 * VALUES)


def test_a_file_is_loaded_once_and_again_when_it_has_changed(tmp_path):
    path = _doubling(tmp_path / "net.onnx")
    first = load_session(path).runtime
    assert load_session(path).runtime is first
    save_salient(path, 320)
    assert load_session(path).runtime is not first


def test_a_signature_lists_shapes_by_name_and_0_for_any_size(tmp_path):
    signature = read_signature(_doubling(tmp_path / "net.onnx"))
    assert signature.inputs == {"values": (0, 4)}
    assert str(signature) == "values [0, 4] -> doubled [0, 4]"


@pytest.mark.parametrize("content", [b"", b"not a network", None])
def test_a_file_that_is_truncated_or_something_else_is_one_line(tmp_path, content):
    path = save_salient(tmp_path / "net.onnx", 320)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(ModelUnavailableError, match=r"net\.onnx is truncated or not") as error:
        load_session(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelUnavailableError, match=r"gone\.onnx"):
        load_session(tmp_path / "gone.onnx")


def test_custom_operations_are_refused(tmp_path):
    shapes = {"x": [1]}, {"y": [1]}
    nodes = [("Evil", ["x"], ["y"], {"domain": "somebody.else"})]
    opsets = (("", 17), ("somebody.else", 1))
    path = save_network(tmp_path / "net.onnx", nodes, *shapes, opsets=opsets)
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        load_session(path)


def test_arrays_of_another_shape_are_one_line(tmp_path):
    session = load_session(_doubling(tmp_path / "net.onnx"))
    with pytest.raises(ModelUnavailableError, match=r"net\.onnx cannot be run") as error:
        session.run({"values": VALUES.T}, ["doubled"])
    assert "\n" not in str(error.value)


def _with_external_weights(folder):
    """A network whose weights are in a file of their own, as those above 2 GB are."""
    constants = {"weights": np.ones((1000, 4), np.float32)}
    shapes = {"values": [1000, 4]}, {"sum": [1000, 4]}
    nodes = [("Add", ["values", "weights"], ["sum"], {})]
    path = save_network(folder / "net.onnx", nodes, *shapes, constants)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="net.bin", size_threshold=0)
    return path


def test_weights_beside_the_network_are_read(tmp_path):
    session = load_session(_with_external_weights(tmp_path))
    [total] = session.run({"values": np.ones((1000, 4))}, ["sum"])
    assert_allclose(total, 2)


@pytest.mark.parametrize("where", ["../net.bin", "link.bin"])
def test_weights_outside_the_networks_folder_are_refused(tmp_path, where):
    folder = tmp_path / "models"
    folder.mkdir()
    path = _with_external_weights(folder)
    shutil.move(folder / "net.bin", tmp_path / "net.bin")
    (folder / "link.bin").symlink_to(tmp_path / "net.bin")
    model = onnx.load(path, load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = where
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelUnavailableError, match="outside its folder"):
        load_session(path)


def test_without_onnx_runtime_the_message_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelUnavailableError, match="pip install onnxruntime"):
        load_session(save_salient(tmp_path / "net.onnx", 320))
