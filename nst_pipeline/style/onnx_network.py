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

from nst_pipeline.errors import ModelUnavailableError

_LOADING = Lock()
"""Threads that need a network at the same time wait while one of them loads it."""
_FATAL = 4
"""Log level. Errors are raised; warnings concern ONNX Runtime's own search for devices."""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


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
        import onnxruntime

        self._path, self._remedy = path, remedy
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors have no common type
            raise self._unavailable("cannot be loaded", error) from error
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
            raise self._unavailable("cannot run on this input", error) from error
        return outputs

    def _unavailable(self, what: str, error: Exception) -> ModelUnavailableError:
        return ModelUnavailableError(
            f"the network {self._path} {what} ({_first_line(error)}): {self._remedy}"
        )


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
