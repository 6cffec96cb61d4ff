"""Write trained networks as ONNX files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

_OPSET = 17


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


def export(
    description: str | None,
    network: nn.Module,
    deploy: Callable[[nn.Module], nn.Module],
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    part: str = "",
) -> None:
    """Read a checkpoint and a file's name from the command line, and write the averaged weights.

    Parameters
    ----------
    description
        Of the script.
    network
        Gets the checkpoint's weights.
    deploy
        Gives the network the outputs that the pipeline reads.
    example
        One view for each input; the file takes any number of views.
    inputs, outputs
        Names.
    part
        What the names of the network's weights begin with, if more was trained than the network.
    """
    reader = argparse.ArgumentParser(description=description)
    reader.add_argument("checkpoint", type=Path)
    reader.add_argument("out", type=Path)
    chosen = reader.parse_args()
    average = torch.load(chosen.checkpoint, weights_only=True, map_location="cpu")["average"]
    weights = {name.removeprefix(part): average[name] for name in average if name.startswith(part)}
    network.load_state_dict(weights)
    torch.onnx.export(
        deploy(network.eval()).eval(),
        example,
        str(chosen.out),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={name: {0: "views"} for name in (*inputs, *outputs)},
        opset_version=_OPSET,
        dynamo=False,
    )
    model = onnx.load(str(chosen.out))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(chosen.out))
