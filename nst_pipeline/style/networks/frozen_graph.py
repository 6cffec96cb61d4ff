"""Read frozen TensorFlow graphs as plain nodes, with the format's classes that TensorFlow holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf
from numpy.typing import NDArray


class GraphNode(NamedTuple):
    """A node of a graph.

    Attributes
    ----------
    name, kind
        Its name and operation, such as `Conv2D`.
    inputs
        Names of the nodes whose outputs it takes.
    stride
        Step of a convolution, both ways; 1 for other operations.
    value
        What a constant holds; None for other operations.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    stride: int
    value: NDArray[Any] | None


def read_frozen_graph(path: Path) -> list[GraphNode]:
    """Read the nodes of a frozen graph, in the file's order.

    Raises
    ------
    google.protobuf.message.DecodeError
        The file is not a graph.
    """
    graph = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    return [
        GraphNode(
            node.name,
            node.op,
            tuple(node.input),
            node.attr["strides"].list.i[1] if "strides" in node.attr else 1,
            tf.make_ndarray(node.attr["value"].tensor) if node.op == "Const" else None,
        )
        for node in graph.node
    ]
