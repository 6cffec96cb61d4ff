"""Find the weights of VGG19 on this machine, or download them."""

from __future__ import annotations

import os
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.server import server_responds

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
        "set vgg19.weights to the path of a VGG19 weights file, "
        "or set vgg19.network to `auto` or `vgg16-edges`"
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
    from nst_pipeline.style.networks.vgg import download_file

    try:
        return download_file(_IMAGENET_URL, _keras_models(), md5=_IMAGENET_MD5)
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ModelUnavailableError(
            f"VGG19's weights cannot be downloaded ({error}): {weights_remedy()}"
        ) from error
