"""Networks in ONNX files, run by ONNX Runtime."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.onnx_network import OnnxNetwork, load_onnx_network

REMEDY = "get it again"


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    """A network with two inputs and two outputs: their sum, and the mean of the first."""
    import onnx
    from onnx import TensorProto, helper

    def tensor(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    picture = ["N", 3, "height", "width"]
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["photo", "map"], ["sum"]),
            helper.make_node("GlobalAveragePool", ["photo"], ["mean"]),
        ],
        "sums",
        [tensor("photo", picture), tensor("map", picture)],
        [tensor("sum", picture), tensor("mean", ["N", 3, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path_factory.mktemp("networks") / "sums.onnx"
    onnx.save(model, path)
    return path


def picture(value: float) -> np.ndarray:
    return np.full((1, 3, 8, 10), value, np.float32)


def test_inputs_and_outputs_are_in_the_files_order(network_file):
    total, mean = OnnxNetwork(network_file, remedy=REMEDY).run(picture(1), picture(2))
    assert (total.shape, total.dtype, total.mean()) == ((1, 3, 8, 10), np.float32, 3)
    assert (mean.shape, mean.mean()) == ((1, 3, 1, 1), 1)


def test_threads_share_a_network_that_is_loaded_once(network_file):
    def work(number: int) -> float:
        network = load_onnx_network(network_file, remedy=REMEDY)
        return float(network.run(picture(number), picture(0))[1].mean())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(40))) == list(range(40))
    assert load_onnx_network(network_file, remedy=REMEDY) is load_onnx_network(
        network_file, remedy=REMEDY
    )


@pytest.mark.parametrize("content", [None, b"", b"not a network", "truncated"])
def test_a_missing_or_damaged_file_is_named_with_the_remedy(tmp_path, network_file, content):
    path = tmp_path / "mine.onnx"
    if content is not None:
        path.write_bytes(network_file.read_bytes()[:60] if content == "truncated" else content)
    with pytest.raises(ModelUnavailableError, match=r"mine\.onnx cannot be loaded .*: get it a"):
        OnnxNetwork(path, remedy=REMEDY)


@pytest.mark.parametrize("inputs", [[], [picture(0)], [np.zeros((2, 3), np.float32)] * 2])
def test_a_network_with_other_inputs_is_named_with_the_remedy(network_file, inputs):
    network = OnnxNetwork(network_file, remedy=REMEDY)
    with pytest.raises(ModelUnavailableError, match=r"sums\.onnx cannot run on .*: get it again"):
        network.run(*inputs)
