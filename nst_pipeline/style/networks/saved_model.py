"""Load SavedModels through TensorFlow Hub."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # tensorflow_hub imports pkg_resources, which warns that it will be removed.
    warnings.simplefilter("ignore", UserWarning)
    import tensorflow_hub as hub


def download_saved_model(url: str) -> Path:
    """Download a model into TensorFlow Hub's cache and return its folder.

    Raises
    ------
    OSError, ValueError, RuntimeError
        The server does not answer, or sends no SavedModel.
    """
    return Path(hub.resolve(url))


def load_saved_model(folder: Path) -> Any:
    """Load a SavedModel folder. How the result is called depends on the model, so it has no type.

    Raises
    ------
    OSError, ValueError, RuntimeError
        The folder holds no SavedModel, or a damaged one.
    """
    return hub.load(str(folder))
