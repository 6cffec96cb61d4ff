"""Find SavedModels, named by path or TensorFlow Hub URL, on this machine, or download them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.server import server_responds
from nst_pipeline.style.weights.package import file_digest


def is_url(handle: str) -> bool:
    """Return whether a handle is a URL rather than a path."""
    return "://" in handle


def _cache_folder(url: str) -> Path:
    # The folder into which TensorFlow Hub unpacks a URL; importing it to ask takes seconds.
    root = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir(), "tfhub_modules")
    return Path(root, hashlib.sha1(url.encode()).hexdigest())


def has_saved_model(folder: Path) -> bool:
    """Return whether a folder holds a SavedModel."""
    return (folder / "saved_model.pb").is_file()


def find_saved_model(handle: str) -> Path | None:
    """Find the folder of a SavedModel on this machine; None if it is not there.

    Parameters
    ----------
    handle
        A TensorFlow Hub URL, or the path of a SavedModel folder.
    """
    folder = _cache_folder(handle) if is_url(handle) else Path(handle).expanduser()
    return folder if has_saved_model(folder) else None


def obtain_saved_model(handle: str, *, setting: str, alternative: str) -> Path:
    """Find the folder of a SavedModel, and download it if the handle is a URL.

    On a machine without a network this fails within seconds.

    Parameters
    ----------
    handle
        A TensorFlow Hub URL, or the path of a SavedModel folder.
    setting
        Name of the setting that holds the handle, for error messages.
    alternative
        What else the user can do, for error messages, such as "leave the setting empty".

    Raises
    ------
    ModelUnavailableError
        The path holds no SavedModel, or the URL cannot be downloaded.
    """
    found = find_saved_model(handle)
    if found:
        return found
    if not is_url(handle):
        raise ModelUnavailableError(
            f"setting {setting}: {handle} is not a SavedModel folder: "
            f"give the folder that holds saved_model.pb, or {alternative}"
        )
    remedy = f"go online once, or {alternative}"
    if not server_responds(handle):
        raise ModelUnavailableError(f"setting {setting}: {handle} does not answer: {remedy}")
    from nst_pipeline.style.networks.saved_model import download_saved_model

    try:
        return download_saved_model(handle)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"setting {setting}: {handle} cannot be downloaded ({error}): {remedy}"
        ) from error


def load_saved_model(folder: Path) -> Any:
    """Load a SavedModel folder. How the result is called depends on the model, so it has no type.

    Raises
    ------
    OSError, ValueError, RuntimeError
        The folder holds no SavedModel, or a damaged one.
    """
    from nst_pipeline.style.networks import saved_model

    return saved_model.load_saved_model(folder)


def saved_model_digest(folder: Path) -> str:
    """Compute the sha256 of a SavedModel's variables, or of its graph if it has none."""
    files = sorted(folder.glob("variables/variables.data-*")) or [folder / "saved_model.pb"]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def folder_digest(folder: Path) -> str:
    """Compute the sha256 of all files of a folder with their names: of weights and of the graph."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = "\n".join(f"{path.relative_to(folder)} {file_digest(path)}" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()
