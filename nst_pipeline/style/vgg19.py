"""Find the weights of VGG19, and load the network."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.server import server_responds

if TYPE_CHECKING:
    from nst_pipeline.style.networks.vgg19 import Vgg19

IMAGENET = "imagenet"
IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
_IMAGENET_URL = (
    f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{IMAGENET_FILE}"
)
_IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"


def _keras_models() -> Path:
    """Return Keras' cache of downloaded models."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home).expanduser() / "models"


def weights_remedy() -> str:
    """Return what a user can do if ImageNet's weights are missing, for error messages."""
    return (
        f"download {_IMAGENET_URL} into {_keras_models()}, "
        "or set vgg19.weights to the path of a VGG19 weights file"
    )


def find_weights(weights: str) -> Path | None:
    """Find the weights file on this machine; None if it is not there.

    Parameters
    ----------
    weights
        `imagenet` (in Keras' cache), or the path of a file in Keras' own format.
    """
    is_imagenet = weights == IMAGENET
    path = _keras_models() / IMAGENET_FILE if is_imagenet else Path(weights).expanduser()
    return path if path.is_file() else None


def obtain_weights(weights: str) -> Path:
    """Find the weights file; download ImageNet's into Keras' cache if necessary.

    Offline, this fails after four seconds, and later calls in the process fail at once.

    Parameters
    ----------
    weights
        As in `find_weights`.

    Raises
    ------
    ModelUnavailableError
        The file is missing, or the download fails.
    """
    found = find_weights(weights)
    if found:
        return found
    if weights != IMAGENET:
        raise ModelUnavailableError(
            f"setting vgg19.weights: there is no file {weights}: "
            f"give the path of a VGG19 weights file (.h5, .weights.h5, .keras), or `{IMAGENET}`"
        )
    if not server_responds(_IMAGENET_URL):
        raise ModelUnavailableError(
            "VGG19's weights are not on this machine, and their server does not answer: "
            + weights_remedy()
        )
    from nst_pipeline.style.networks.vgg19 import download_file

    try:
        return download_file(_IMAGENET_URL, _keras_models(), md5=_IMAGENET_MD5)
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ModelUnavailableError(
            f"VGG19's weights cannot be downloaded ({error}): {weights_remedy()}"
        ) from error


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_digest(weights: str = IMAGENET) -> str:
    """Compute the sha256 of the weights file; download ImageNet's if necessary.

    Raises
    ------
    ModelUnavailableError
        As in `obtain_weights`.
    """
    return _file_digest(obtain_weights(weights))


@cache
def load_vgg19(weights: str = IMAGENET) -> Vgg19:
    """Load VGG19 without its classifier, once per process.

    Parameters
    ----------
    weights
        `imagenet` (in Keras' cache, or downloaded), or the path of a file in Keras' own format:
        .h5 or .weights.h5 without the classifier, or .keras.

    Raises
    ------
    ModelUnavailableError
        The file is missing, or does not hold these weights.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    ICLR 2015.
    """
    path = obtain_weights(weights)
    from nst_pipeline.style.networks.vgg19 import Vgg19, build_vgg19

    try:
        model = build_vgg19(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelUnavailableError(
            f"{path} is not a file of VGG19 weights without the classifier ({reason}): "
            + weights_remedy()
        ) from error
    return Vgg19(_file_digest(path), model)
