"""The two networks of Google Magenta's arbitrary stylization, and calls of a loaded model.

A style network (MobileNetV2) computes a vector of 100 numbers from a picture; a transformer network
repaints another picture in the style that the vector represents. Both consist of convolutions
alone, so they take pictures of any size in batches of any size.

References
----------
Ghiasi, Lee, Kudlur, Dumoulin and Shlens, "Exploring the Structure of a Real-Time, Arbitrary
Neural Artistic Stylization Network", BMVC 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nst_pipeline.style.magenta_weights import ConvolutionWeights

_STYLE_BLOCKS = 17
_STRIDE_TWO_BLOCKS = {1, 3, 6, 13}  # as in MobileNetV2
_RESIDUAL_BLOCKS = 5
_VECTOR_LENGTH = 100
_VARIANCE_FLOOR = 1e-5
_MIN_SIDE = 5  # mirroring 4 pixels at an edge needs 5

_PICTURES = tf.TensorSpec([None, None, None, 3], tf.float32)
_VECTORS = tf.TensorSpec([None, _VECTOR_LENGTH], tf.float32)

Variables = Mapping[str, list[tf.Variable]]
"""Kernel and bias by the name of the convolution."""


def _variables(layers: Mapping[str, ConvolutionWeights]) -> dict[str, list[tf.Variable]]:
    return {
        name: [tf.Variable(array, trainable=False) for array in layers[name]]
        for name in sorted(layers)
    }


def _style_vector(layers: Variables, style: tf.Tensor) -> tf.Tensor:
    """Run MobileNetV2 to a global mean, then to 100 numbers: (n, h, w, 3) to (n, 100)."""

    def convolve(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        kernel, bias = layers[name]
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, "SAME"), bias)

    def depthwise(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        kernel, bias = layers[name]
        strides = [1, stride, stride, 1]
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(x, kernel, strides, "SAME"), bias)

    def block(x: tf.Tensor, number: int) -> tf.Tensor:
        name = f"MobilenetV2/expanded_conv_{number}" if number else "MobilenetV2/expanded_conv"
        stride = 2 if number in _STRIDE_TWO_BLOCKS else 1
        wide = tf.nn.relu6(convolve(x, f"{name}/expand")) if number else x
        wide = tf.nn.relu6(depthwise(wide, f"{name}/depthwise", stride))
        narrow = convolve(wide, f"{name}/project")
        return x + narrow if stride == 1 and x.shape[-1] == narrow.shape[-1] else narrow

    x = tf.nn.relu6(convolve(style, "MobilenetV2/Conv", 2))
    for number in range(_STYLE_BLOCKS):
        x = block(x, number)
    x = tf.nn.relu6(convolve(x, "MobilenetV2/Conv_1"))
    x = convolve(tf.reduce_mean(x, (1, 2), keepdims=True), "mobilenet_conv/Conv")
    return x[:, 0, 0]


def _transform(layers: Variables, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """Repaint (n, h, w, 3) in the styles of (n, 100); results are 0..1."""

    def convolve(x: tf.Tensor, name: str, stride: int = 1) -> tf.Tensor:
        kernel, bias = layers[name]
        edge = kernel.shape[0] // 2
        x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]], "REFLECT")
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, "VALID"), bias)

    def from_vector(name: str) -> tf.Tensor:
        kernel, bias = layers[name]
        return (tf.matmul(vector, kernel[0, 0]) + bias)[:, tf.newaxis, tf.newaxis]

    def styled(x: tf.Tensor, name: str) -> tf.Tensor:
        x = convolve(x, name)
        parameters = f"style_params/{name}/StyleNorm"
        shift, scale = from_vector(f"{parameters}/Conv"), from_vector(f"{parameters}/Conv_1")
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, _VARIANCE_FLOOR)

    x = _pad_to(content, _MIN_SIDE)
    for number, stride in (1, 1), (2, 2), (3, 2):
        x = tf.nn.relu(convolve(x, f"transformer/contract/conv{number}", stride))
    for number in range(1, _RESIDUAL_BLOCKS + 1):
        name = f"transformer/residual/residual{number}"
        x += styled(tf.nn.relu(styled(x, f"{name}/conv1")), f"{name}/conv2")
    for number in 1, 2:
        x = tf.nn.relu(styled(_double(x), f"transformer/expand/conv{number}/conv"))
    x = tf.nn.sigmoid(styled(x, "transformer/expand/conv3/conv"))
    # Halving rounds up, so two doublings may end up to 3 pixels larger.
    return x[:, : tf.shape(content)[1], : tf.shape(content)[2]]


def _pad_to(pictures: tf.Tensor, side: int) -> tf.Tensor:
    """Repeat the last row and column of pictures smaller than `side`."""
    for axis in 1, 2:
        length = tf.shape(pictures)[axis]
        index = tf.minimum(tf.range(tf.maximum(length, side)), length - 1)
        pictures = tf.gather(pictures, index, axis=axis)
    return pictures


def _double(x: tf.Tensor) -> tf.Tensor:
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


class MagentaNetwork(tf.Module):
    """Both networks, to be saved as a SavedModel.

    It is called like TensorFlow Hub's model, `network(content, style)[0]`, and also offers
    `style_vector` and `transform`. Pictures are float32 (n, height, width, 3), 0..1, RGB; results
    have the size of the content. Each function is traced once, for any batch and size.

    Parameters
    ----------
    predict
        The style network's layers, named as in `arbitrary_predict.onnx`.
    transformer
        The transformer network's layers, named as in `arbitrary_transform.onnx`.
    """

    def __init__(
        self,
        predict: Mapping[str, ConvolutionWeights],
        transformer: Mapping[str, ConvolutionWeights],
    ) -> None:
        super().__init__("magenta")
        self.predict = _variables(predict)
        self.transformer = _variables(transformer)

    @tf.function(input_signature=[_PICTURES])
    def style_vector(self, style: tf.Tensor) -> tf.Tensor:
        """Compute the style vectors of pictures, (n, 100)."""
        return _style_vector(self.predict, style)

    @tf.function(input_signature=[_PICTURES, _VECTORS])
    def transform(self, content: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Repaint pictures in the styles that vectors represent."""
        return _transform(self.transformer, content, vector)

    @tf.function(input_signature=[_PICTURES, _PICTURES])
    def __call__(self, content: tf.Tensor, style: tf.Tensor) -> list[tf.Tensor]:
        """Repaint pictures in the styles of others; the result is the list's only element."""
        return [self.transform(content, self.style_vector(style))]


def save_magenta(
    predict: Mapping[str, ConvolutionWeights],
    transformer: Mapping[str, ConvolutionWeights],
    folder: Path,
) -> None:
    """Write both networks as a SavedModel folder; parameters as in `MagentaNetwork`."""
    tf.saved_model.save(MagentaNetwork(predict, transformer), str(folder))


def stylize_batch(
    model: Any, content: NDArray[np.float32], style: NDArray[np.float32], strength: float
) -> NDArray[np.float32]:
    """Repaint pictures of equal size in the styles of as many pictures of equal size.

    Parameters
    ----------
    model
        A loaded SavedModel: `MagentaNetwork`, or one with the call signature of TensorFlow Hub's.
    content, style
        (n, height, width, 3) float32, RGB, 0..1.
    strength
        1 for the style, 0 for the content's own style. In between, the style vectors are
        interpolated; the results of a model without `style_vector` are blended instead.

    Returns
    -------
    numpy.ndarray
        (n, height, width, 3) float32, 0..1, of the content's size.
    """
    by_vector = hasattr(model, "style_vector")
    return (_interpolate if by_vector else _blend)(model, content, style, strength)


def _interpolate(
    model: Any, content: NDArray[np.float32], style: NDArray[np.float32], strength: float
) -> NDArray[np.float32]:
    pictures = tf.constant(content)
    vector = model.style_vector(tf.constant(style))
    if strength < 1:
        own = model.style_vector(pictures)
        vector = own + strength * (vector - own)
    return np.asarray(model.transform(pictures, vector))


def _blend(
    model: Any, content: NDArray[np.float32], style: NDArray[np.float32], strength: float
) -> NDArray[np.float32]:
    pictures = tf.constant(content)
    result = np.asarray(model(pictures, tf.constant(style))[0])
    if strength < 1:
        own = np.asarray(model(pictures, pictures)[0])
        result = own + np.float32(strength) * (result - own)
    return result
