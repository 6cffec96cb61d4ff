"""The two networks of Google Magenta's arbitrary stylization, in TensorFlow.

A style network (MobileNetV2) turns a picture into 100 numbers; a transformer paints another
picture in the style they stand for. Both are convolutions throughout: any size, any batch.
Ghiasi et al., Exploring the structure of a real-time, arbitrary neural artistic stylization
network, 2017.
"""

# TensorFlow arrives untyped, and inside a function.
# mypy: disable-error-code="misc, name-defined, untyped-decorator"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.tensorflow_import import import_tensorflow

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Kernel (height, width, in, out; depthwise: height, width, channels, 1) and bias."""

_STYLE_BLOCKS = 17
_STRIDE_TWO_BLOCKS = {1, 3, 6, 13}  # as in MobileNetV2
_RESIDUAL_BLOCKS = 5
_VECTOR_LENGTH = 100
_VARIANCE_FLOOR = 1e-5
_SMALLEST_SIDE = 5  # mirroring 4 pixels at an edge takes 5


def _variables(tf: Any, layers: Mapping[str, Layer]) -> dict[str, list[Any]]:
    return {
        name: [tf.Variable(array, trainable=False) for array in layers[name]]
        for name in sorted(layers)
    }


def _style_vector(tf: Any, layers: dict[str, Any], style: Any) -> Any:
    """MobileNetV2 to a global mean, then 100 numbers: (n, h, w, 3) to (n, 100)."""

    def convolve(x: Any, name: str, stride: int = 1) -> Any:
        kernel, bias = layers[name]
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, "SAME"), bias)

    def depthwise(x: Any, name: str, stride: int) -> Any:
        kernel, bias = layers[name]
        strides = [1, stride, stride, 1]
        return tf.nn.bias_add(tf.nn.depthwise_conv2d(x, kernel, strides, "SAME"), bias)

    def block(x: Any, number: int) -> Any:
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


def _transform(tf: Any, layers: dict[str, Any], content: Any, vector: Any) -> Any:
    """The picture transformer: (n, h, w, 3) in the style of (n, 100), 0..1."""

    def convolve(x: Any, name: str, stride: int = 1) -> Any:
        kernel, bias = layers[name]
        edge = kernel.shape[0] // 2
        x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]], "REFLECT")
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, stride, "VALID"), bias)

    def from_vector(name: str) -> Any:
        kernel, bias = layers[name]
        return (tf.matmul(vector, kernel[0, 0]) + bias)[:, tf.newaxis, tf.newaxis]

    def styled(x: Any, name: str) -> Any:
        x = convolve(x, name)
        parameters = f"style_params/{name}/StyleNorm"
        shift, scale = from_vector(f"{parameters}/Conv"), from_vector(f"{parameters}/Conv_1")
        mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, _VARIANCE_FLOOR)

    x = _at_least(tf, content, _SMALLEST_SIDE)
    for number, stride in (1, 1), (2, 2), (3, 2):
        x = tf.nn.relu(convolve(x, f"transformer/contract/conv{number}", stride))
    for number in range(1, _RESIDUAL_BLOCKS + 1):
        name = f"transformer/residual/residual{number}"
        x += styled(tf.nn.relu(styled(x, f"{name}/conv1")), f"{name}/conv2")
    for number in 1, 2:
        x = tf.nn.relu(styled(_doubled(tf, x), f"transformer/expand/conv{number}/conv"))
    x = tf.nn.sigmoid(styled(x, "transformer/expand/conv3/conv"))
    # Two halvings round up, so what was doubled twice is up to 3 pixels larger.
    return x[:, : tf.shape(content)[1], : tf.shape(content)[2]]


def _at_least(tf: Any, pictures: Any, side: int) -> Any:
    """Repeat the last row and column of pictures smaller than `side`."""
    for axis in 1, 2:
        length = tf.shape(pictures)[axis]
        index = tf.minimum(tf.range(tf.maximum(length, side)), length - 1)
        pictures = tf.gather(pictures, index, axis=axis)
    return pictures


def _doubled(tf: Any, x: Any) -> Any:
    return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)


def magenta_network(predict: Mapping[str, Layer], transformer: Mapping[str, Layer]) -> Any:
    """Build the networks from their layers, as a tf.Module that saves as a SavedModel.

    It is called as the hub's own, `module(content, style)[0]`, and also offers
    `style_vector(style)`, (n, 100), and `transform(content, vector)`. Pictures are float32
    (n, height, width, 3), 0..1, RGB; results have the content's size. Each function is traced
    once, for any batch and size.

    Args:
        predict: the style network's layers, named as in `arbitrary_predict.onnx`.
        transformer: the transformer's, named as in `arbitrary_transform.onnx`.
    """
    tf = import_tensorflow()
    pictures = tf.TensorSpec([None, None, None, 3], tf.float32)
    vectors = tf.TensorSpec([None, _VECTOR_LENGTH], tf.float32)

    class MagentaNetwork(tf.Module):
        def __init__(self) -> None:
            super().__init__("magenta")
            self.predict = _variables(tf, predict)
            self.transformer = _variables(tf, transformer)

        @tf.function(input_signature=[pictures])
        def style_vector(self, style: Any) -> Any:
            return _style_vector(tf, self.predict, style)

        @tf.function(input_signature=[pictures, vectors])
        def transform(self, content: Any, vector: Any) -> Any:
            return _transform(tf, self.transformer, content, vector)

        @tf.function(input_signature=[pictures, pictures])
        def __call__(self, content: Any, style: Any) -> Any:
            return [self.transform(content, self.style_vector(style))]

    return MagentaNetwork()
