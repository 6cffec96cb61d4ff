"""The losses of pixel optimization, as pure functions on TensorFlow tensors.

Gatys et al., Image style transfer using convolutional neural networks, 2016, with the constants
of Keras' neural style transfer example, so that the usual weights keep their meaning. All of them
take the weights of a region, averaging 1: see `region_weights`. With weights of 1 they are the
plain losses.
"""

from __future__ import annotations

from typing import Any

from nst_pipeline.style.tensorflow_import import import_tensorflow

# The example divides by its picture's channels and size, whatever the layer.
_EXAMPLE_CHANNELS = 3
_EXAMPLE_PIXELS = 400 * 400
_STYLE_DIVISOR = 4.0 * _EXAMPLE_CHANNELS**2 * _EXAMPLE_PIXELS**2
VARIATION_EXPONENT = 1.25
"""Of squared steps from pixel to pixel."""


def gram(features: Any, weights: Any) -> Any:
    """Gram matrix of a region, normalized by its area: mean products of channels.

    Args:
        features: (height, width, channels).
        weights: (height, width), averaging 1.

    Returns:
        (channels, channels).
    """
    tf = import_tensorflow()
    channels = tf.shape(features)[-1]
    halves = tf.reshape(features * tf.sqrt(weights)[..., tf.newaxis], (-1, channels))

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def products(x: Any) -> tuple[Any, Any]:
        # The product is symmetric: one matrix product backwards where autodiff would make two.
        return tf.matmul(x, x, transpose_a=True), lambda up: tf.matmul(x, up + tf.transpose(up))

    return products(halves) / tf.cast(tf.shape(halves)[0], features.dtype)


def style_loss(style_gram: Any, result_gram: Any, positions: Any) -> Any:
    """Squared distance of two Gram matrices, (channels, channels) each, as a scalar.

    Args:
        style_gram: of the style, normalized by area.
        result_gram: of the result, normalized by area.
        positions: the layer's height times width in the result: it turns means into the sums
            that the example compares.
    """
    tf = import_tensorflow()
    distance = tf.reduce_sum(((style_gram - result_gram) * positions) ** 2)
    return distance / _STYLE_DIVISOR


def moments(features: Any, weights: Any) -> Any:
    """Squared mean and variance of every channel in a region.

    Args:
        features: (height, width, channels).
        weights: (height, width), averaging 1.

    Returns:
        (2, channels).
    """
    tf = import_tensorflow()
    each = weights[..., tf.newaxis]
    mean = tf.reduce_mean(features * each, (0, 1))
    return tf.stack([mean**2, tf.reduce_mean((features - mean) ** 2 * each, (0, 1))])


def moments_loss(style_moments: Any, result_moments: Any, positions: Any) -> Any:
    """What a Gram matrix cannot tell apart: means and variances by themselves, as a scalar.

    A Gram matrix's diagonal is only the sum of both, so that contrast can drift while it stays
    the same: Risser et al., Stable and controllable neural texture synthesis and style transfer
    using histogram losses, 2017. Means and variances: Li et al., Demystifying neural style
    transfer, 2017. In the units of `style_loss`.

    Args:
        style_moments: (2, channels), see `moments`.
        result_moments: (2, channels).
        positions: as in `style_loss`.
    """
    return style_loss(style_moments, result_moments, positions)


def content_loss(content: Any, result: Any, weights: Any) -> Any:
    """Squared distance of two layers' features within a region, as a scalar.

    Args:
        content: (height, width, channels).
        result: (height, width, channels).
        weights: (height, width), averaging 1.
    """
    tf = import_tensorflow()
    return tf.reduce_sum((result - content) ** 2 * weights[..., tf.newaxis])


def laplacian(picture: Any) -> Any:
    """How much each inner pixel differs from its four neighbors together.

    Args:
        picture: (height, width, channels).

    Returns:
        (height - 2, width - 2, channels).
    """
    around = picture[:-2, 1:-1] + picture[2:, 1:-1] + picture[1:-1, :-2] + picture[1:-1, 2:]
    return around - 4 * picture[1:-1, 1:-1]


def laplacian_loss(content: Any, result: Any, weights: Any) -> Any:
    """Squared distance of two pictures' Laplacians within a region, as a scalar.

    It keeps edges and lines where features alone let them bend: Li et al., Laplacian-steered
    neural style transfer, 2017.

    Args:
        content: (height, width, channels).
        result: (height, width, channels).
        weights: (height, width), averaging 1.
    """
    return content_loss(laplacian(content), laplacian(result), weights[1:-1, 1:-1])


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
    return tf.reduce_sum(squares**VARIATION_EXPONENT * weights[:-1, :-1, tf.newaxis])
