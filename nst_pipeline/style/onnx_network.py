"""Run a network from an ONNX file on the processor, with ONNX Runtime.

On EfficientNet-Lite0, ONNX Runtime takes a third of the time of `cv2.dnn` on one core.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError, without_codes

_LOADING = Lock()
"""Threads that need a network at the same time wait while one of them loads it."""
_CPU = "CPUExecutionProvider"
_ACCELERATORS = ("CUDAExecutionProvider", "DmlExecutionProvider", "CoreMLExecutionProvider")
"""ONNX Runtime's names of CUDA, DirectML and CoreML, best first."""
_FATAL = 4
"""Log level. Errors are raised; warnings concern ONNX Runtime's own search for devices."""


def centered(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale pictures, any shape, from 0..255 to about -1..1, as our networks were trained."""
    return (pictures.astype(np.float32) - np.float32(127)) / np.float32(128)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or the error's type."""
    return (without_codes(str(error)).strip().splitlines() or [type(error).__name__])[0]


def open_session(path: Path, *, remedy: str, threads: int, accelerate: bool) -> Any:
    """Load an ONNX file with ONNX Runtime. Custom operations are refused: none are registered.

    Parameters
    ----------
    path
        The file.
    remedy
        What the user can do if it cannot be loaded, for error messages.
    threads
        Processor cores for each run.
    accelerate
        Whether to use CUDA, DirectML or CoreML where the installed ONNX Runtime has them. Results
        then differ in their last digits from those of the processor.

    Returns
    -------
    onnxruntime.InferenceSession
        The loaded network.

    Raises
    ------
    ModelUnavailableError
        The file cannot be loaded, or ONNX Runtime is missing.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelUnavailableError(
            f"the network {path} needs ONNX Runtime: run `pip install onnxruntime`"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Idle threads would otherwise turn in circles, at the cost of what runs between two photos.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL
    here = onnxruntime.get_available_providers()
    providers = [name for name in _ACCELERATORS if accelerate and name in here] + [_CPU]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime's errors have no common type
        raise ModelUnavailableError(
            f"the network {path} cannot be loaded ({first_line(error)}): {remedy}"
        ) from error


class OnnxNetwork:
    """A loaded network, which several threads may run at the same time.

    Each run uses one core, because the pipeline works on several photos at a time. Results
    therefore do not depend on the number of cores.

    Parameters
    ----------
    path
        The ONNX file.
    remedy
        What the user can do if the file cannot be used, for error messages.

    Raises
    ------
    ModelUnavailableError
        The file is missing, damaged, or no network that can run here.
    """

    def __init__(self, path: Path, *, remedy: str) -> None:
        self._path, self._remedy = path, remedy
        self._session = open_session(path, remedy=remedy, threads=1, accelerate=False)
        self._inputs = [each.name for each in self._session.get_inputs()]

    def run(self, *inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Compute the network's outputs.

        Parameters
        ----------
        *inputs
            One array for each input of the file, in its order. Pictures are usually
            (N, channels, height, width) float32.

        Returns
        -------
        list of numpy.ndarray
            One array for each output of the file, in its order.

        Raises
        ------
        ModelUnavailableError
            The network has other inputs.
        """
        try:
            named = dict(zip(self._inputs, inputs, strict=True))
            outputs: list[NDArray[np.float32]] = self._session.run(None, named)
        except Exception as error:
            raise ModelUnavailableError(
                f"the network {self._path} cannot run on this input ({first_line(error)}): "
                f"{self._remedy}"
            ) from error
        return outputs


_loaded = lru_cache(maxsize=None)(OnnxNetwork)


def load_onnx_network(path: Path, *, remedy: str) -> OnnxNetwork:
    """Load a network once a process.

    Parameters
    ----------
    path, remedy
        As in `OnnxNetwork`. The file's name must change whenever its content does.

    Raises
    ------
    ModelUnavailableError
        As in `OnnxNetwork`.
    """
    with _LOADING:
        return _loaded(path, remedy=remedy)
