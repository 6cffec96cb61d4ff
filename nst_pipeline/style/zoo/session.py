"""Run the zoo's ONNX files, each loaded once per process.

Unlike the small networks that are installed (`style/onnx_network.py`), these may use all cores or
an accelerator, and are addressed by the names of their inputs and outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.machine_share import cpus
from nst_pipeline.style.onnx_network import first_line, open_session
from nst_pipeline.style.zoo.signature import Signature, read_signature

_REMEDY = "get the file again, or choose another model"
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


@dataclass(frozen=True, eq=False)
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
                f"{self.path} cannot be run ({first_line(error)}): {_REMEDY}"
            ) from error
        return [np.asarray(result, np.float32) for result in results]


@lru_cache(maxsize=8)
def _runtime(path: Path, size: int, mtime_ns: int) -> Any:
    """Load a file; another size or time makes the cache load it again."""
    del size, mtime_ns
    return open_session(path, remedy=_REMEDY, threads=cpus(), accelerate=True)


def load_session(path: Path) -> Session:
    """Load an ONNX file, once per process and version of the file.

    CUDA, DirectML or CoreML run it if the installed ONNX Runtime has them, else the processor.

    Raises
    ------
    ModelUnavailableError
        ONNX Runtime is not installed, or the file is missing, damaged, or cannot be run by it.
    """
    signature, stat = read_signature(path), path.stat()
    with _LOADING:
        return Session(path, signature, _runtime(path, stat.st_size, stat.st_mtime_ns))
