"""Report which networks are ready on this machine, and obtain those that are not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import Settings, Vgg19Settings
from nst_pipeline.style.finding.built_network import BuiltNetwork
from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.finding.people import PEOPLE
from nst_pipeline.style.magenta import BUNDLED, find_magenta, magenta_digest_of, obtain_magenta
from nst_pipeline.style.vgg import find_vgg, obtain_vgg, resolve_network, vgg_digest
from nst_pipeline.style.vgg19_weights import weights_remedy
from nst_pipeline.style.weights.package import file_digest
from nst_pipeline.style.zoo.store import find_model
from nst_pipeline.style.zoo.table import ZOO

_BUILD_REMEDY = "run `nst models --build`; otherwise it is built on first use"
_BUILT = (PEOPLE, CLASSIFIER)
"""Networks that are built from installed packages' weights."""


@dataclass(frozen=True)
class ModelStatus:
    """Whether a network's weights are on this machine.

    Attributes
    ----------
    name
        `magenta`, `vgg19`, `vgg16-edges`, `people` or `classifier`.
    handle
        The setting that names the weights, or the package that holds them.
    available
        Whether they are here.
    digest, path
        sha256 and file or folder of the weights; None if they are not here.
    remedy
        How to get the weights; empty if they are here.
    """

    name: str
    handle: str
    available: bool
    digest: str | None
    path: Path | None
    remedy: str


@dataclass(frozen=True)
class ZooStatus(ModelStatus):
    """Whether a model of the zoo is on this machine; its `handle` is the setting that takes it.

    Attributes
    ----------
    purpose, size_bytes, license, source
        As in the table of the zoo.
    """

    purpose: str
    size_bytes: int
    license: str
    source: str


def _magenta_status(handle: str) -> ModelStatus:
    path = find_magenta(handle)
    if path:
        return ModelStatus("magenta", handle, True, magenta_digest_of(handle, path), path, "")
    if handle == BUNDLED:
        remedy = _BUILD_REMEDY
    else:
        remedy = (
            "if magenta.handle is a URL, go online: the model is downloaded on first use; "
            f"otherwise set it to a SavedModel folder or to `{BUNDLED}`"
        )
    return ModelStatus("magenta", handle, False, None, None, remedy)


def _vgg_status(settings: Vgg19Settings) -> ModelStatus:
    name, path = resolve_network(settings), find_vgg(settings)
    handle = settings.weights if name == "vgg19" else BUNDLED
    if path:
        return ModelStatus(name, handle, True, vgg_digest(settings), path, "")
    remedy = weights_remedy() if name == "vgg19" else _BUILD_REMEDY
    return ModelStatus(name, handle, False, None, None, remedy)


def _built_status(network: BuiltNetwork) -> ModelStatus:
    handle, path = network.weights.requirement, network.path
    if path.is_file():
        return ModelStatus(network.name, handle, True, file_digest(path), path, "")
    remedy = _BUILD_REMEDY if network.weights.find() else network.weights.remedy
    return ModelStatus(network.name, handle, False, None, None, remedy)


def models_status(settings: Settings) -> list[ModelStatus]:
    """Return the status of the networks, without building, downloading or importing them."""
    return [
        _magenta_status(settings.magenta.handle),
        _vgg_status(settings.vgg19),
        *map(_built_status, _BUILT),
    ]


def prepare_models(settings: Settings) -> list[ModelStatus]:
    """Build or download missing networks, and return the status afterwards.

    The VGG may stay unavailable; its asset is then empty. So may the networks that find people and
    name things; photos are then searched without them.

    Raises
    ------
    ModelUnavailableError
        Magenta cannot be obtained.
    """
    obtain_magenta(settings.magenta.handle)
    with contextlib.suppress(ModelUnavailableError):
        obtain_vgg(settings.vgg19)
    for network in _BUILT:
        with contextlib.suppress(ModelUnavailableError):
            network.obtain()
    return models_status(settings)


def zoo_status() -> list[ZooStatus]:
    """Return the status of every model of the zoo, without downloading anything."""
    return [
        ZooStatus(
            name=model.name,
            handle=model.setting,
            available=(path := find_model(model)) is not None,
            digest=model.digest,
            path=path,
            remedy="" if path else f"run `nst models --get {model.name}`",
            purpose=model.purpose,
            size_bytes=model.size_bytes,
            license=model.license,
            source=model.source,
        )
        for model in ZOO.values()
    ]
