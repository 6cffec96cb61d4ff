"""Read what an ONNX file takes and returns, without running it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nst_pipeline.errors import ModelUnavailableError

Shape = tuple[int, ...]
"""Sizes of a tensor's axes; 0 where the network takes any size."""


@dataclass(frozen=True)
class Signature:
    """What a network takes and returns.

    Attributes
    ----------
    inputs, outputs
        Shapes by name, in the network's order.
    ends_in_sigmoid
        Whether the first output is a probability: the last operation is a sigmoid.
    """

    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    ends_in_sigmoid: bool

    def __str__(self) -> str:
        """Return the signature in one line, for errors."""
        taken, returned = (
            ", ".join(f"{name} {list(shape)}" for name, shape in tensors.items())
            for tensors in (self.inputs, self.outputs)
        )
        return f"{taken} -> {returned}"


def _graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and those inside its branches and loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _graphs(inner)


def _tensors(model: Any) -> Iterator[Any]:
    """Yield the weights of a network."""
    roots = [model.graph, *model.functions]
    for graph in (each for root in roots for each in _graphs(root)):
        yield from getattr(graph, "initializer", ())
        for node in graph.node:
            for attribute in node.attribute:
                yield from attribute.tensors
                if attribute.HasField("t"):
                    yield attribute.t


def _check_external_data(path: Path, model: Any) -> None:
    """Refuse a network that would read weights from outside its own folder."""
    folder = path.resolve().parent
    for tensor in _tensors(model):
        for entry in tensor.external_data:
            if entry.key != "location":
                continue
            if not (folder / entry.value).resolve().is_relative_to(folder):
                raise ModelUnavailableError(
                    f"{path} reads {entry.value}, which is outside its folder: keep a network and "
                    "its weights in one folder"
                )


def _ends_in_sigmoid(graph: Any) -> bool:
    """Return whether the first output comes from a sigmoid, casts aside."""
    makers = {output: node for node in graph.node for output in node.output}
    node = makers.get(graph.output[0].name)
    while node is not None and node.op_type in ("Cast", "Identity"):
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Sigmoid"


def _shapes(values: Any, weights: set[str]) -> dict[str, Shape]:
    # Old files list their weights among the inputs.
    return {
        value.name: tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
        if value.name not in weights
    }


@lru_cache(maxsize=16)
def _read(path: Path, size: int, mtime_ns: int) -> Signature:
    """Read a file; another size or time makes the cache read it again."""
    del size, mtime_ns
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # Protobuf raises its own types, which depend on its version.
        raise ModelUnavailableError(
            f"{path} is truncated or not an ONNX file: get it again"
        ) from error
    if not model.graph.output:
        raise ModelUnavailableError(f"{path} is truncated or not an ONNX file: get it again")
    _check_external_data(path, model)
    weights = {tensor.name for tensor in model.graph.initializer}
    return Signature(
        _shapes(model.graph.input, weights),
        _shapes(model.graph.output, set()),
        _ends_in_sigmoid(model.graph),
    )


def read_signature(path: Path) -> Signature:
    """Read what a network takes and returns.

    Raises
    ------
    ModelUnavailableError
        The file is missing, truncated or no ONNX file, or it would read files outside its folder.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelUnavailableError(f"{path} cannot be read ({error}): check the path") from error
    return _read(path, stat.st_size, stat.st_mtime_ns)
