"""VGG19 from keras.applications, and where its weights come from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.style.precision import Precision
from nst_pipeline.style.reach import answers
from nst_pipeline.style.tensorflow_import import import_tensorflow

IMAGENET = "imagenet"
IMAGENET_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
_IMAGENET_URL = (
    f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{IMAGENET_FILE}"
)
_IMAGENET_MD5 = "253f8cb515780f3b799900260a226db6"

_FIRST_CONVOLUTION = "block1_conv1"
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


def _keras_home() -> Path:
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()


def weights_remedy() -> str:
    """What to do when ImageNet's weights are not here, in one clause."""
    return (
        f"put {IMAGENET_FILE} into {_keras_home() / 'models'} (from {_IMAGENET_URL}), "
        "or set vgg19.weights to the path of a VGG19 weights file"
    )


def find_weights(weights: str) -> Path | None:
    """Find the weights file on this machine; None if it is not there (yet).

    Args:
        weights: `imagenet` (Keras' cache) or the path of a file in Keras' own format.
    """
    is_imagenet = weights == IMAGENET
    path = _keras_home() / "models" / IMAGENET_FILE if is_imagenet else Path(weights).expanduser()
    return path if path.is_file() else None


def obtain_weights(weights: str) -> Path:
    """Find the weights file, downloading ImageNet's into Keras' cache where that is possible.

    On a machine without network this takes four seconds once per process.

    Raises:
        ModelUnavailableError: there is no such file, and how to get it.
    """
    found = find_weights(weights)
    if found:
        return found
    if weights != IMAGENET:
        raise ModelUnavailableError(
            f"setting vgg19.weights: there is no file {weights}: "
            f"give the path of a VGG19 weights file (.h5, .weights.h5, .keras), or `{IMAGENET}`"
        )
    if not answers(_IMAGENET_URL):
        raise ModelUnavailableError(
            f"VGG19's weights are not on this machine and cannot be downloaded: {weights_remedy()}"
        )
    return _download()


def _download() -> Path:
    import_tensorflow()
    import keras

    try:
        # Keras draws its progress bar on standard output, which may be read by a program.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(
                keras.utils.get_file(
                    IMAGENET_FILE,
                    _IMAGENET_URL,
                    cache_dir=str(_keras_home()),
                    cache_subdir="models",
                    file_hash=_IMAGENET_MD5,
                )
            )
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ModelUnavailableError(
            f"VGG19's weights cannot be downloaded ({error}): {weights_remedy()}"
        ) from error


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_digest(weights: str = IMAGENET) -> str:
    """Digest the weights file (sha256), downloading ImageNet's where that is possible.

    Raises:
        ModelUnavailableError: there is no such file, and how to get it.
    """
    return _file_digest(obtain_weights(weights))


def preprocessed(picture: Any) -> Any:
    """What VGG19 was trained on: BGR without ImageNet's mean, from (..., 3) RGB 0..255."""
    tf = import_tensorflow()
    return tf.reverse(picture, [-1]) - tf.constant(_IMAGENET_MEAN_BGR, picture.dtype)


@cache
def _mixed(model: Any) -> Any:
    """The same network in Keras' `mixed_bfloat16`, with its first convolution in float32."""
    import keras

    def copied(layer: Any) -> Any:
        policy = "float32" if layer.name == _FIRST_CONVOLUTION else "mixed_bfloat16"
        return type(layer).from_config(layer.get_config() | {"dtype": policy})

    mixed = keras.models.clone_model(model, clone_function=copied)
    mixed.set_weights(model.get_weights())
    return mixed


@dataclass(frozen=True, eq=False)
class Vgg19:
    """The loaded network, without its classifier. `digest` is the sha256 of its weights file."""

    digest: str
    model: Any

    def network(self, layers: Sequence[str], precision: Precision = "float32") -> Any:
        """Cut the network off behind the deepest of `layers`.

        Args:
            layers: their names.
            precision: of all convolutions but the first, which is cheap, and whose input bfloat16
                would round to half a level.

        Returns:
            A Keras model from preprocessed pictures (n, height, width, 3) to the list of these
            layers' features.

        Raises:
            SettingError: VGG19 has no such layer.
        """
        import keras

        known = [layer.name for layer in self.model.layers[1:]]
        for name in layers:
            if name not in known:
                raise SettingError(
                    f"settings vgg19.style_layers, vgg19.content_layer: VGG19 has no layer {name}; "
                    f"it has {', '.join(known)}"
                )
        model = self.model if precision == "float32" else _mixed(self.model)
        return keras.Model(model.input, [model.get_layer(name).output for name in layers])


def _load(model: Any, path: Path) -> None:
    """Fill in the weights, from a weights file or a whole model.

    Raises:
        OSError, ValueError, KeyError: the file is no such thing, or lacks some of the weights.
    """
    import keras

    # Keras warns of weights it does not find, and leaves them as they are.
    for variable in model.weights:
        variable.assign(np.full(variable.shape, np.nan, np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        if path.suffix == ".keras":
            given = keras.saving.load_model(path, compile=False)
            for layer in filter(lambda layer: layer.weights, model.layers):
                layer.set_weights(given.get_layer(layer.name).get_weights())
        else:
            model.load_weights(path)
    if any(np.isnan(variable.numpy()).any() for variable in model.weights):
        raise ValueError("some layers are not in it")


@cache
def load_vgg19(weights: str = IMAGENET) -> Vgg19:
    """Load VGG19, once per process.

    Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition,
    2015.

    Args:
        weights: `imagenet` (Keras' cache, or a download), or the path of a file in Keras' own
            format (.h5 or .weights.h5 without the classifier, .keras).

    Raises:
        ModelUnavailableError: the file is missing or holds something else; says what to do.
    """
    path = obtain_weights(weights)
    import_tensorflow()
    import keras

    model = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    try:
        _load(model, path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelUnavailableError(
            f"{path} holds no VGG19 weights without classifier ({reason}): {weights_remedy()}"
        ) from error
    return Vgg19(_file_digest(path), model)
