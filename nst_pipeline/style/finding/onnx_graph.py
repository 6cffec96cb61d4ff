"""Write convolutional networks as ONNX files, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

_OPSET, _IR_VERSION = 13, 8
_VARIANCE_FLOOR = 1e-3
"""Epsilon of the batch normalizations in the networks of TensorFlow."""

Shape = Sequence[int | str]
"""Sizes of an input or output; a name stands for any size."""


class BatchNorm(NamedTuple):
    """A batch normalization's learned numbers, one for each channel."""

    gain: NDArray[np.float32]
    shift: NDArray[np.float32]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]


def fold(
    kernel: NDArray[np.float32], norm: BatchNorm
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fold a batch normalization into the kernel, (out, in, height, width), and bias before it."""
    factor = norm.gain / np.sqrt(norm.variance + np.float32(_VARIANCE_FLOOR))
    return kernel * factor[:, None, None, None], norm.shift - norm.mean * factor


class OnnxGraph:
    """A graph that grows by one layer at a time. Layers are named, and so are their outputs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, NDArray[Any]] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant, once, and return its name."""
        self._constants.setdefault(name, value)
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a layer of any kind, and return the name of its output."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(
        self,
        source: str,
        name: str,
        kernel: NDArray[np.float32],
        bias: NDArray[np.float32],
        stride: int = 1,
    ) -> str:
        """Add a convolution with TensorFlow's SAME padding.

        The kernel is (out, in, height, width); a depthwise one is (channels, 1, height, width).
        """
        depthwise = kernel.shape[1] == 1
        return self.add(
            "Conv",
            [
                source,
                self.constant(f"{name}/kernel", kernel),
                self.constant(f"{name}/bias", bias),
            ],
            name,
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            kernel_shape=list(kernel.shape[2:]),
            group=kernel.shape[0] if depthwise else 1,
        )

    def relu6(self, source: str, name: str) -> str:
        """Add a rectifier that stops at 6."""
        limits = [self.constant(str(limit), np.array(limit, np.float32)) for limit in (0, 6)]
        return self.add("Clip", [source, *limits], name)

    def save(self, path: Path, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        """Write the network with these float32 inputs and outputs to a file."""
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        described = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each]
            for each in (inputs.items(), outputs.items())
        ]
        constants = [
            numpy_helper.from_array(np.ascontiguousarray(value), name)
            for name, value in self._constants.items()
        ]
        graph = helper.make_graph(self._nodes, self._name, *described, constants)
        opset = helper.make_opsetid("", _OPSET)
        onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION), path)
