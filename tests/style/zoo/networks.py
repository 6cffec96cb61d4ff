"""Tiny ONNX files with the inputs and outputs of the zoo's networks."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def save_network(path: Path, nodes, inputs, outputs, constants=None, opsets=(("", 17),)) -> Path:
    """Write a network.

    `nodes` are (operation, inputs, outputs, attributes). `inputs` and `outputs` map names to
    shapes, or to a type and a shape, `constants` to arrays.
    """

    def values(described):
        for name, shape in described.items():
            kind, axes = shape if isinstance(shape, tuple) else (FLOAT, shape)
            yield helper.make_tensor_value_info(name, kind, axes)

    graph = helper.make_graph(
        [helper.make_node(op, taken, made, **attributes) for op, taken, made, attributes in nodes],
        "tiny",
        list(values(inputs)),
        list(values(outputs)),
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*each) for each in opsets])
    model.ir_version = 9
    onnx.save(model, path)
    return path


def save_salient(path: Path, side: int, *, logits: bool = False) -> Path:
    """A salient object network that calls red what is an object.

    Its output is the red channel of its input, after a sigmoid unless `logits`.
    """
    nodes = [("Slice", ["picture", "start", "end", "axis"], ["red"], {})]
    nodes += [("Identity" if logits else "Sigmoid", ["red"], ["object"], {})]
    constants = {"start": np.array([0]), "end": np.array([1]), "axis": np.array([1])}
    shapes = {"picture": [1, 3, side, side]}, {"object": [1, 1, side, side]}
    return save_network(path, nodes, *shapes, constants)
