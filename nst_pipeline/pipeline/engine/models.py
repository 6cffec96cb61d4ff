"""Files and networks that determine an asset besides its inputs and settings, by their digests."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline.engine.graph import Node
from nst_pipeline.settings import Settings
from nst_pipeline.storage.store import sha256
from nst_pipeline.style.magenta import model_digest
from nst_pipeline.style.vgg19 import weights_digest

_WITHOUT_WEIGHTS = "none"


@lru_cache(maxsize=8)
def _content_digest(path: Path, size: int, mtime: float) -> str:
    """A file's digest; size and time tell when to read it again."""
    del size, mtime
    return sha256(path.read_bytes())


def _file_digests(**named: str) -> dict[str, str]:
    """Digests of those settings that name a file: another content is another cause."""
    digests = {}
    for name, value in named.items():
        path = Path(value)
        if value and path.is_file():
            stat = path.stat()
            digests[name] = _content_digest(path, stat.st_size, stat.st_mtime)
    return digests


def _vgg19_digest(weights: str) -> str:
    """`none` where there are no weights: the asset is then an empty result."""
    try:
        return weights_digest(weights)
    except ModelUnavailableError:
        return _WITHOUT_WEIGHTS


def model_digests(node: Node, settings: Settings) -> dict[str, str]:
    """Name to digest of the networks, label files and style pictures that an asset depends on.

    Raises:
        ModelUnavailableError: Magenta cannot be had.
    """
    digests: dict[str, str] = {}
    if "detection" in node.settings:
        chosen = settings.detection
        digests |= _file_digests(detector=chosen.dnn_model, labels=chosen.dnn_labels)
    if "recipes" in node.settings:
        digests |= _file_digests(style=settings.recipes.style)
    if "magenta" in node.settings:
        digests["magenta"] = model_digest(settings.magenta.handle)
    if "vgg19" in node.settings:
        digests["vgg19"] = _vgg19_digest(settings.vgg19.weights)
    return digests
