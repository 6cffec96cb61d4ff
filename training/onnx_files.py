"""Write trained networks as ONNX files."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper


def halve(model: onnx.ModelProto) -> None:
    """Store the weights in half precision; a Cast restores float32 when the file is loaded."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 64:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=1))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
