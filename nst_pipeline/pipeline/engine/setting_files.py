"""Digests of the files that settings name: artifacts depend on the content, not on the path."""

from __future__ import annotations

from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.cutout_network import BUILTIN, BUILTIN_FILE
from nst_pipeline.style.hub_models import folder_digest, is_url, obtain_saved_model
from nst_pipeline.style.weights.package import file_digest
from nst_pipeline.style.zoo.table import ZOO


def file_digests(**named: str) -> dict[str, str]:
    """Digest the files that settings name.

    Parameters
    ----------
    **named
        Values of settings, by the name that the catalog uses.

    Returns
    -------
    dict of str to str
        Digests by name, of those values that are paths of existing files.
    """
    return {
        name: file_digest(Path(value))
        for name, value in named.items()
        if value and Path(value).is_file()
    }


def _network_digest(handle: str) -> str:
    """Digest a network; empty if it is not on this machine and cannot be downloaded."""
    if handle == BUILTIN:
        return file_digest(BUILTIN_FILE)
    if handle in ZOO:
        return ZOO[handle].digest
    path = Path(handle).expanduser()
    if is_url(handle):
        try:
            path = obtain_saved_model(handle, setting="", alternative="")
        except ModelUnavailableError:
            return ""
    if path.is_dir():
        return folder_digest(path)
    return file_digest(path) if path.is_file() else ""


def network_digests(**named: str) -> dict[str, str]:
    """Digest the networks that settings name.

    Parameters
    ----------
    **named
        Values of settings, by the name that the catalog uses: names of the zoo, paths of files or
        folders, TensorFlow Hub URLs (downloaded if necessary), or `builtin`, the package's own.

    Returns
    -------
    dict of str to str
        Digests by name. What is empty, a word, or not on this machine has none: what needs such a
        network fails with a message of its own, and what does not need it is made.
    """
    digests = {name: _network_digest(handle) for name, handle in named.items() if handle}
    return {name: digest for name, digest in digests.items() if digest}
