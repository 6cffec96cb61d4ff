"""Networks that are built as ONNX files from packages' weights, on installation or first use."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.onnx_network import OnnxNetwork, load_onnx_network
from nst_pipeline.style.weights.folder import build_once, models_root
from nst_pipeline.style.weights.package import PackageFile

_log = logging.getLogger(__name__)


@cache
def warn_once(message: str) -> None:
    """Log that a network is left out, once a process."""
    _log.warning(message)


@dataclass(frozen=True)
class BuiltNetwork:
    """A network whose ONNX file is built once on this machine.

    Attributes
    ----------
    name
        As `nst models` shows it.
    weights
        The file that it is built from. Its digest stands for the network.
    save
        Writes the network: from the weights file to the ONNX file.
    build
        Increased when `save` writes something else, so that older files are no longer used.
    """

    name: str
    weights: PackageFile
    save: Callable[[Path, Path], None]
    build: int = 1

    @property
    def path(self) -> Path:
        """The ONNX file, which may not exist yet."""
        return models_root() / f"{self.name}-{self.weights.sha256[:8]}-{self.build}.onnx"

    def obtain(self) -> Path:
        """Find the ONNX file; build it if necessary.

        Raises
        ------
        ModelUnavailableError
            The package is missing or damaged, or the file cannot be written.
        """
        if self.path.is_file():
            return self.path
        weights = self.weights.obtain()
        return build_once(self.path, lambda path: self.save(weights, path))

    def obtain_if_possible(self) -> Path | None:
        """Find or build the ONNX file; None if its package is missing or damaged."""
        try:
            return self.obtain()
        except ModelUnavailableError:
            return None

    def load(self) -> OnnxNetwork:
        """Load the network once a process; build it if necessary.

        Raises
        ------
        ModelUnavailableError
            As in `obtain`, or the ONNX file is damaged.
        """
        path = self.obtain()
        remedy = f"delete {path.name} and run `nst models --build`"
        return load_onnx_network(path, remedy=remedy)
