"""The folder of models that are built or downloaded on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError


def models_root() -> Path:
    """Return the folder of built models: `NST_MODELS`, or `~/.cache/nst_pipeline/models`."""
    given = os.environ.get("NST_MODELS")
    return Path(given).expanduser() if given else Path.home() / ".cache/nst_pipeline/models"


def _move(built: Path, destination: Path) -> None:
    try:
        built.rename(destination)
    except OSError:
        # Another process was faster, with the same weights.
        if not destination.exists():
            raise


def build_once(destination: Path, build: Callable[[Path], None]) -> Path:
    """Build a model file or folder, completely or not at all; keep an existing one.

    Parameters
    ----------
    destination
        The file or folder to make. Its name must change whenever what it is built from changes.
    build
        Writes the model to the path that it is given, which does not exist yet.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    ModelUnavailableError
        The model cannot be written.
    """
    if destination.exists():
        return destination
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".building-") as folder:
            built = Path(folder, destination.name)
            build(built)
            _move(built, destination)
    except OSError as error:
        raise ModelUnavailableError(
            f"the model {destination.name} cannot be written to {destination.parent} ({error}): "
            "set NST_MODELS to a writable folder on a disk with free space"
        ) from error
    return destination
