"""Run ONNX files with ONNX Runtime, each loaded once per process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.signature import Signature, read_signature

_PROVIDERS = ("CUDAExecutionProvider", "DmlExecutionProvider", "CoreMLExecutionProvider")
"""Accelerators, best first; each is used if the installed ONNX Runtime has it."""
_LOADING = Lock()
"""Threads that need a network at the same time wait while one of them loads it."""
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True)
class Session:
    """A loaded network. Several threads may run it at the same time.

    Attributes
    ----------
    path
        Its file.
    signature
        What it takes and returns.
    runtime
        ONNX Runtime's session.
    """

    path: Path
    signature: Signature
    runtime: Any

    def run(
        self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        """Run the network.

        Parameters
        ----------
        feeds
            Arrays by the name of the input; they are converted to the types that it takes.
        outputs
            Names of the outputs to return.

        Returns
        -------
        list of numpy.ndarray
            The outputs, float32.

        Raises
        ------
        ModelUnavailableError
            The network does not take such arrays.
        """
        types = {each.name: _TYPES.get(each.type, np.float32) for each in self.runtime.get_inputs()}
        typed = {name: np.asarray(feed, types[name]) for name, feed in feeds.items()}
        try:
            results = self.runtime.run(list(outputs), typed)
        except Exception as error:  # ONNX Runtime's errors have no common type.
            raise ModelUnavailableError(
                f"{self.path} cannot be run ({_first_line(error)}): choose another model"
            ) from error
        return [np.asarray(result, np.float32) for result in results]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _options(runtime: Any) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = _cores()
    # Idle threads would otherwise turn in circles, and slow down what runs between two photos.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # Errors only: warnings are about the exporter's business.
    return options


@lru_cache(maxsize=8)
def _runtime(path: Path, size: int, mtime_ns: int) -> Any:
    """Load a file; another size or time makes the cache load it again."""
    del size, mtime_ns
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelUnavailableError(
            f"{path} needs ONNX Runtime, which is not installed: "
            "run `pip install 'nst-pipeline[onnx]'`"
        ) from error
    here = onnxruntime.get_available_providers()
    providers = [name for name in _PROVIDERS if name in here] + ["CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=_options(onnxruntime), providers=providers
        )
    except Exception as error:  # ONNX Runtime's errors have no common type.
        raise ModelUnavailableError(
            f"{path} cannot be loaded ({_first_line(error)}): get it again, or choose another model"
        ) from error


def load_session(path: Path) -> Session:
    """Load an ONNX file, once per process and version of the file.

    CUDA, DirectML or CoreML run it if the installed ONNX Runtime has them, else the processor.
    Operations that ONNX Runtime does not know are refused: none are registered.

    Raises
    ------
    ModelUnavailableError
        ONNX Runtime is not installed, or the file is missing, damaged, or cannot be run by it.
    """
    signature, stat = read_signature(path), path.stat()
    with _LOADING:
        return Session(path, signature, _runtime(path, stat.st_size, stat.st_mtime_ns))
