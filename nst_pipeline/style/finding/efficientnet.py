"""EfficientNet-Lite0: the network that names things, as an ONNX file from a package's weights.

References
----------
Tan, Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
The Lite variants leave out squeeze-and-excitation and use ReLU6, for devices without a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from nst_pipeline.style.finding.onnx_graph import BatchNorm, OnnxGraph, fold

SIDE_PX = 224
"""Side of the square input."""
CLASSES = 1000


class _Stage(NamedTuple):
    """A row of blocks: the stride of the first one, and how many there are."""

    stride: int
    blocks: int


_STAGES = (
    _Stage(1, 1),
    _Stage(2, 2),
    _Stage(2, 2),
    _Stage(2, 3),
    _Stage(1, 3),
    _Stage(2, 4),
    _Stage(1, 1),
)

Tensors = Mapping[str, NDArray[Any]]
"""Weights by their names in the PyTorch file."""


class _Layers:
    """Adds the network's layers to a graph, under the names of the PyTorch file."""

    def __init__(self, tensors: Tensors, graph: OnnxGraph) -> None:
        self._tensors, self._graph = tensors, graph

    def convolution(self, source: str, layer: str, norm: str, stride: int = 1) -> str:
        learned = (
            self._tensors[f"{norm}.{name}"]
            for name in ("weight", "bias", "running_mean", "running_var")
        )
        kernel, bias = fold(self._tensors[f"{layer}.weight"], BatchNorm(*learned))
        return self._graph.convolution(source, layer, kernel, bias, stride)

    def rectified(self, source: str, layer: str, norm: str, stride: int = 1) -> str:
        linear = self.convolution(source, layer, norm, stride)
        return self._graph.relu6(linear, f"{linear}.relu6")

    def block(self, source: str, number: int, stride: int) -> str:
        """Expand, filter each channel, project (inverted residual block)."""
        name, inside = f"_blocks.{number}", source
        if f"{name}._expand_conv.weight" in self._tensors:
            inside = self.rectified(inside, f"{name}._expand_conv", f"{name}._bn0")
        inside = self.rectified(inside, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        return self.convolution(inside, f"{name}._project_conv", f"{name}._bn2")


def save_classifier(tensors: Tensors, path: Path) -> None:
    """Write the network to an ONNX file.

    Parameters
    ----------
    tensors
        Content of `efficientnet-lite0-57934424.pth`.
    path
        The file. Its network takes `image`, (N, 3, 224, 224) float32 RGB, (value - 127) / 128,
        and returns `probabilities`, (N, 1000) float32, of ImageNet's classes in their usual order.
    """
    graph = OnnxGraph("EfficientNet-Lite0")
    layers = _Layers(tensors, graph)
    features, number = layers.rectified("image", "_conv_stem", "_bn0", 2), 0
    for stage in _STAGES:
        for place in range(stage.blocks):
            inside = layers.block(features, number, 1 if place else stage.stride)
            if place:
                inside = graph.add("Add", [inside, features], f"_blocks.{number}.sum")
            features, number = inside, number + 1
    features = layers.rectified(features, "_conv_head", "_bn1")
    mean = graph.add("Flatten", [graph.add("GlobalAveragePool", [features], "mean")], "flat")
    dense = [graph.constant(name, tensors[name]) for name in ("_fc.weight", "_fc.bias")]
    logits = graph.add("Gemm", [mean, *dense], "logits", transB=1)
    graph.add("Softmax", [logits], "probabilities", axis=1)
    graph.save(path, {"image": ["N", 3, SIDE_PX, SIDE_PX]}, {"probabilities": ["N", CLASSES]})
