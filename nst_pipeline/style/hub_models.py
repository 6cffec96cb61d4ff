"""SavedModels by path or TensorFlow Hub URL: find them on this machine, or download them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.reach import answers
from nst_pipeline.style.tensorflow_import import import_tensorflow_hub


def is_url(handle: str) -> bool:
    """Whether a handle is a URL rather than a path."""
    return "://" in handle


def _cache_folder(url: str) -> Path:
    # TensorFlow Hub unpacks a URL here; computed without importing it (seconds).
    root = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir(), "tfhub_modules")
    return Path(root, hashlib.sha1(url.encode()).hexdigest())


def find_saved_model(handle: str) -> Path | None:
    """Find the folder of a SavedModel on this machine; None if it is not there.

    Parameters
    ----------
    handle
        A TensorFlow Hub URL, or the path of a SavedModel folder.
    """
    folder = _cache_folder(handle) if is_url(handle) else Path(handle).expanduser()
    return folder if (folder / "saved_model.pb").is_file() else None


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
        What else the user can set, for error messages, such as "leave the setting empty".

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
    if not answers(handle):
        raise ModelUnavailableError(f"setting {setting}: {handle} does not answer: {remedy}")
    hub = import_tensorflow_hub()
    try:
        return Path(hub.resolve(handle))
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"setting {setting}: {handle} cannot be downloaded ({error}): {remedy}"
        ) from error
