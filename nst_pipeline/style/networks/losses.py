"""The distances that pixel optimization adds up, as pure functions on TensorFlow tensors.

Each takes weights for the positions of a region, with an average of 1 (see `region_weights`); with
weights of 1 everywhere it is the plain distance. `loss_factors` says how much each counts.

References
----------
Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

VARIATION_EXPONENT = 1.25
"""Exponent of the squared differences between neighboring pixels."""


@tf.custom_gradient
def _channel_products(rows: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    # The product is symmetric, so its gradient needs one matrix product; autodiff would use two.
    product = tf.matmul(rows, rows, transpose_a=True)
    return product, lambda upstream: tf.matmul(rows, upstream + tf.transpose(upstream))


def gram(features: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the Gram matrix of a region, the mean products of channels.

    Parameters
    ----------
    features
        (height, width, channels).
    weights
        (height, width), with an average of 1.

    Returns
    -------
    tf.Tensor
        (channels, channels).
    """
    channels = tf.shape(features)[-1]
    rows = tf.reshape(features * tf.sqrt(weights)[..., tf.newaxis], (-1, channels))
    return _channel_products(rows) / tf.cast(tf.shape(rows)[0], features.dtype)


def squared_distance(style: tf.Tensor, result: tf.Tensor) -> tf.Tensor:
    """Compute the squared distance of two Gram matrices, or of two layers' moments, a scalar."""
    return tf.reduce_sum((style - result) ** 2)


def moments(features: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the squared mean and the variance of every channel in a region.

    The diagonal of a Gram matrix holds only their sum, so contrast can drift while the Gram matrix
    stays the same.

    Parameters
    ----------
    features
        (height, width, channels).
    weights
        (height, width), with an average of 1.

    Returns
    -------
    tf.Tensor
        (2, channels).

    References
    ----------
    Risser, Wilmot and Barnes, "Stable and Controllable Neural Texture Synthesis and Style
    Transfer Using Histogram Losses", 2017.

    Li, Wang, Liu and Hou, "Demystifying Neural Style Transfer", IJCAI 2017.
    """
    each = weights[..., tf.newaxis]
    mean = tf.reduce_mean(features * each, (0, 1))
    return tf.stack([mean**2, tf.reduce_mean((features - mean) ** 2 * each, (0, 1))])


def content_loss(content: tf.Tensor, result: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the squared distance of two layers' features within a region, a scalar.

    Parameters
    ----------
    content, result
        (height, width, channels).
    weights
        (height, width), with an average of 1.
    """
    return tf.reduce_sum((result - content) ** 2 * weights[..., tf.newaxis])


def laplacian(picture: tf.Tensor) -> tf.Tensor:
    """Compute the difference of each inner pixel from the sum of its four neighbors.

    Parameters
    ----------
    picture
        (height, width, channels).

    Returns
    -------
    tf.Tensor
        (height - 2, width - 2, channels).
    """
    neighbors = picture[:-2, 1:-1] + picture[2:, 1:-1] + picture[1:-1, :-2] + picture[1:-1, 2:]
    return neighbors - 4 * picture[1:-1, 1:-1]


def laplacian_loss(content: tf.Tensor, result: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the squared distance of two pictures' Laplacians within a region, a scalar.

    It keeps edges and lines straight, which features alone do not.

    Parameters
    ----------
    content, result
        (height, width, channels).
    weights
        (height, width), with an average of 1.

    References
    ----------
    Li, Xu, Nie and Chua, "Laplacian-Steered Neural Style Transfer", ACM Multimedia 2017.
    """
    return content_loss(laplacian(content), laplacian(result), weights[1:-1, 1:-1])


def total_variation(picture: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the roughness of a picture within a region, a scalar.

    For each pixel, the squared differences from the pixels below and to the right are added and
    raised to the power of 1.25; the loss is the sum over all pixels.

    Parameters
    ----------
    picture
        (height, width, channels).
    weights
        (height, width), with an average of 1.
    """
    corner = picture[:-1, :-1]
    squares = (corner - picture[1:, :-1]) ** 2 + (corner - picture[:-1, 1:]) ** 2
    return tf.reduce_sum(squares**VARIATION_EXPONENT * weights[:-1, :-1, tf.newaxis])
