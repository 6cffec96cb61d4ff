"""Choose the network of pixel optimization, VGG19 or the trained VGG16 trunk, and load it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.vgg16_weights import find_trunk, obtain_trunk
from nst_pipeline.style.vgg19_weights import (
    IMAGENET,
    find_weights,
    obtain_weights,
    weights_remedy,
)
from nst_pipeline.style.weights.package import file_digest

if TYPE_CHECKING:
    from nst_pipeline.style.networks.vgg import Vgg

VggName = Literal["vgg19", "vgg16-edges"]

NETWORK_TITLES: Mapping[str, str] = {
    "vgg19": "VGG19",
    "vgg16-edges": "VGG16, trained to find edges",
}
"""Names for people, by `VggName`."""


def resolve_network(settings: Vgg19Settings) -> VggName:
    """Resolve `vgg19.network`: `auto` is VGG19 if its weights are on this machine, else the trunk.

    A file that `vgg19.weights` names counts as VGG19's weights, even if it is missing, because
    another network than the one that was asked for would be a surprise. Nothing is downloaded.
    """
    if settings.network != "auto":
        return settings.network
    is_named = settings.weights != IMAGENET
    return "vgg19" if is_named or find_weights(IMAGENET) else "vgg16-edges"


def find_vgg(settings: Vgg19Settings) -> Path | None:
    """Find the weights file of the network in use; None if it must be built or downloaded."""
    is_trunk = resolve_network(settings) == "vgg16-edges"
    return find_trunk() if is_trunk else find_weights(settings.weights)


def obtain_vgg(settings: Vgg19Settings) -> Path:
    """Find the weights file of the network in use; build or download it if necessary.

    Raises
    ------
    ModelUnavailableError
        The file is missing, and cannot be built or downloaded.
    """
    is_trunk = resolve_network(settings) == "vgg16-edges"
    return obtain_trunk() if is_trunk else obtain_weights(settings.weights)


@lru_cache(maxsize=8)
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    """Digest a file; another size or time makes the cache read it again."""
    del size, mtime_ns
    return file_digest(path)


def vgg_digest(settings: Vgg19Settings) -> str:
    """Compute the sha256 of the weights file; build or download it if necessary.

    Raises
    ------
    ModelUnavailableError
        As in `obtain_vgg`.
    """
    path = obtain_vgg(settings)
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns)


def _remedy(name: VggName, path: Path) -> str:
    if name == "vgg16-edges":
        return f"delete {path}, and run `nst models --build`"
    return weights_remedy()


@cache
def _loaded(name: VggName, path: Path, digest: str) -> Vgg:
    from nst_pipeline.style.networks.vgg import Vgg, build_vgg

    try:
        model = build_vgg(name, path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelUnavailableError(
            f"{path} is not a file of {name.partition('-')[0].upper()} weights without the "
            f"classifier ({reason}): {_remedy(name, path)}"
        ) from error
    return Vgg(name, digest, model)


def load_vgg(settings: Vgg19Settings) -> Vgg:
    """Load the network in use without its classifier, once per process.

    Parameters
    ----------
    settings
        `network` and `weights` decide which one it is. VGG19's weights are ImageNet's (in Keras'
        cache, or downloaded), or a file in Keras' own format: .h5 or .weights.h5 without the
        classifier, or .keras. The trunk is built on first use.

    Raises
    ------
    ModelUnavailableError
        The file is missing, or does not hold these weights.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    ICLR 2015.
    """
    digest = vgg_digest(settings)
    return _loaded(resolve_network(settings), obtain_vgg(settings), digest)
