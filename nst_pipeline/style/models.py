"""Which networks are ready on this machine, and making them ready."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import Settings
from nst_pipeline.style.magenta import BUNDLED, find_magenta, obtain_magenta
from nst_pipeline.style.magenta_weights import saved_model_digest
from nst_pipeline.style.vgg19 import (
    find_weights,
    obtain_weights,
    weights_digest,
    weights_remedy,
)


@dataclass(frozen=True)
class ModelStatus:
    """A network and its weights on this machine.

    `handle` is the setting that names it. `digest` (sha256) and `path` are None and `remedy` says
    what to do where it is not `available`; otherwise `remedy` is empty.
    """

    name: str
    handle: str
    available: bool
    digest: str | None
    path: Path | None
    remedy: str


def _magenta_status(handle: str) -> ModelStatus:
    path = find_magenta(handle)
    if path:
        return ModelStatus("magenta", handle, True, saved_model_digest(path), path, "")
    if handle == BUNDLED:
        remedy = "`nst models --build` builds it, and so does its first use"
    else:
        remedy = f"go online for its first use if it is a URL, or set magenta.handle to `{BUNDLED}`"
    return ModelStatus("magenta", handle, False, None, None, remedy)


def _vgg19_status(weights: str) -> ModelStatus:
    path = find_weights(weights)
    if path:
        return ModelStatus("vgg19", weights, True, weights_digest(weights), path, "")
    return ModelStatus("vgg19", weights, False, None, None, weights_remedy())


def models_status(settings: Settings) -> list[ModelStatus]:
    """Look which networks are here; nothing is built, downloaded or imported for it."""
    return [_magenta_status(settings.magenta.handle), _vgg19_status(settings.vgg19.weights)]


def prepare_models(settings: Settings) -> list[ModelStatus]:
    """Build or download what is missing, as far as that is possible, and tell how it stands.

    VGG19 may stay unavailable, its asset is then empty; Magenta may not.

    Raises:
        ModelUnavailableError: Magenta cannot be had; says what to do.
    """
    obtain_magenta(settings.magenta.handle)
    with contextlib.suppress(ModelUnavailableError):
        obtain_weights(settings.vgg19.weights)
    return models_status(settings)
