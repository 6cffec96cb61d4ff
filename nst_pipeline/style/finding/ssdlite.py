"""SSDLite MobileNetV2: the network that finds people, as an ONNX file from a package's graph.

The frozen TensorFlow graph holds preprocessing, network, anchors, and suppression. Only the network
is taken over: anchors and suppression are in `nst_pipeline.vision.detect.ssd`.

References
----------
Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.finding.onnx_graph import BatchNorm, OnnxGraph, fold

if TYPE_CHECKING:
    from nst_pipeline.style.networks.frozen_graph import GraphNode

SIDE_PX = 300
"""Side of the square input."""
_IMAGE = "Preprocessor/sub"
"""The node that hands the scaled photo to the network."""
_NETWORK = ("FeatureExtractor/", "BoxPredictor_")
"""How the names of the network's nodes begin."""
_SCALES = 6
"""Feature maps from which boxes are predicted."""


class _Converter:
    """Adds the network's nodes to an ONNX graph; convolutions wait for what follows them."""

    def __init__(self, nodes: Iterable[GraphNode], graph: OnnxGraph) -> None:
        self._graph = graph
        self._nodes = {node.name: node for node in nodes}
        self._convert: dict[str, Callable[[GraphNode], object]] = {
            "FusedBatchNorm": self._normalized,
            "BiasAdd": self._biased,
            "Relu6": lambda node: graph.relu6(self._source(node.inputs[0]), node.name),
            "Add": lambda node: graph.add("Add", [*map(self._source, node.inputs)], node.name),
        }

    def convert(self) -> None:
        for node in self._nodes.values():
            if node.name.startswith(_NETWORK) and node.kind in self._convert:
                self._convert[node.kind](node)

    def _source(self, name: str) -> str:
        """Return the name of the layer that a node stands for."""
        while self._nodes[name].kind == "Identity":
            (name,) = self._nodes[name].inputs
        return name

    def _value(self, name: str) -> NDArray[np.float32]:
        return np.asarray(self._nodes[self._source(name)].value, np.float32)

    def _convolution(self, name: str) -> tuple[str, NDArray[np.float32], int]:
        """Return source, kernel (out, in, height, width), and stride of a convolution."""
        node = self._nodes[self._source(name)]
        kernel = self._value(node.inputs[1])
        order = (2, 3, 0, 1) if node.kind == "DepthwiseConv2dNative" else (3, 2, 0, 1)
        return self._source(node.inputs[0]), kernel.transpose(order), node.stride

    def _normalized(self, node: GraphNode) -> None:
        source, kernel, stride = self._convolution(node.inputs[0])
        norm = BatchNorm(*map(self._value, node.inputs[1:]))
        self._graph.convolution(source, node.name, *fold(kernel, norm), stride)

    def _biased(self, node: GraphNode) -> None:
        source, kernel, stride = self._convolution(node.inputs[0])
        self._graph.convolution(source, node.name, kernel, self._value(node.inputs[1]), stride)


def _rows(graph: OnnxGraph, head: str, columns: int) -> str:
    """Join what a head says at all places of all scales: (N, places, columns)."""
    shape = graph.constant(f"{head}/shape", np.array([0, -1, columns], np.int64))
    scales = []
    for number in range(_SCALES):
        layer = f"BoxPredictor_{number}/{head}/BiasAdd"
        last = graph.add("Transpose", [layer], f"{layer}/last", perm=[0, 2, 3, 1])
        scales.append(graph.add("Reshape", [last, shape], f"{layer}/rows"))
    return graph.add("Concat", scales, f"{head}/rows", axis=1)


def save_people_network(nodes: Iterable[GraphNode], path: Path) -> None:
    """Write the network to an ONNX file.

    Parameters
    ----------
    nodes
        The package's frozen graph.
    path
        The file. Its network takes pictures, (N, 3, height, width) float32 RGB, -1..1, and returns
        `encodings`, (N, anchors, 4), and `logits`, (N, anchors, 2): background and person.
    """
    graph = OnnxGraph("SSDLite MobileNetV2")
    _Converter(nodes, graph).convert()
    graph.add("Identity", [_rows(graph, "BoxEncodingPredictor", 4)], "encodings")
    graph.add("Identity", [_rows(graph, "ClassPredictor", 2)], "logits")
    outputs = {"encodings": ("N", "anchors", 4), "logits": ("N", "anchors", 2)}
    graph.save(path, {_IMAGE: ("N", 3, "height", "width")}, outputs)
