"""The losses of pixel optimisation, as pure functions on TensorFlow tensors.

Gatys et al., Image style transfer using convolutional neural networks, 2016, with the constants
of Keras' neural style transfer example, so that the usual weights keep their meaning. All of them
take the weights of a region: see `region_weights`. With weights of 1 they are the plain losses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.tensorflow_import import import_tensorflow
from nst_pipeline.vision.resize import resized

# The example divides by its picture's channels and size, whatever the layer.
_EXAMPLE_CHANNELS = 3
_EXAMPLE_PIXELS = 400 * 400
_VARIATION_EXPONENT = 1.25


def region_weights(mask: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Carry a mask to a layer's size, as weights that average 1 however small the region is.

    Statistics and losses of a region then have the scale of a picture that it fills.

    Args:
        mask: (rows, columns) float32, 0 outside the region to 1 inside; not all 0.
        width: positions across in the layer.
        height: positions down.

    Returns:
        (height, width) float32.
    """
    shares = np.maximum(resized(mask, width, height), 0)
    return np.asarray(shares / shares.mean(dtype=np.float64), np.float32)


def gram(features: Any, weights: Any) -> Any:
    """Gram matrix of a region, normalised by its area: mean products of channels.

    Args:
        features: (height, width, channels).
        weights: (height, width), averaging 1.

    Returns:
        (channels, channels).
    """
    tf = import_tensorflow()
    channels = tf.shape(features)[-1]
    positions = tf.reshape(features, (-1, channels))
    weighted = tf.reshape(features * weights[..., tf.newaxis], (-1, channels))
    count = tf.cast(tf.shape(positions)[0], features.dtype)
    return tf.matmul(weighted, positions, transpose_a=True) / count


def style_loss(style_gram: Any, result_gram: Any, positions: Any) -> Any:
    """Squared distance of two Gram matrices, (channels, channels) each, as a scalar.

    Args:
        style_gram: of the style, normalised by area.
        result_gram: of the result, normalised by area.
        positions: the layer's height times width in the result: it turns means into the sums
            that the example compares.
    """
    tf = import_tensorflow()
    distance = tf.reduce_sum(((style_gram - result_gram) * positions) ** 2)
    return distance / (4.0 * _EXAMPLE_CHANNELS**2 * _EXAMPLE_PIXELS**2)


def content_loss(content: Any, result: Any, weights: Any) -> Any:
    """Squared distance of two layers' features within a region, as a scalar.

    Args:
        content: (height, width, channels).
        result: (height, width, channels).
        weights: (height, width), averaging 1.
    """
    tf = import_tensorflow()
    return tf.reduce_sum((result - content) ** 2 * weights[..., tf.newaxis])


def total_variation(picture: Any, weights: Any) -> Any:
    """Roughness of a picture within a region, as a scalar.

    Squared differences to the pixel below and to the right, their sum raised to 1.25.

    Args:
        picture: (height, width, channels).
        weights: (height, width), averaging 1.
    """
    tf = import_tensorflow()
    corner = picture[:-1, :-1]
    squares = (corner - picture[1:, :-1]) ** 2 + (corner - picture[:-1, 1:]) ** 2
    return tf.reduce_sum(squares**_VARIATION_EXPONENT * weights[:-1, :-1, tf.newaxis])
