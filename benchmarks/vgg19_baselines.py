"""The usual implementations of style transfer with VGG, as baselines of benchmarks/vgg19.py."""

from __future__ import annotations

import contextlib
import time

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.optimize import minimize

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.vgg import Vgg
from nst_pipeline.style.optimize.layers import CLASSIC
from nst_pipeline.style.optimize.search import LossAndGradient, Pixels
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.shapes import Matte, Rgb

ROWS = 400
"""Height of the example's picture. Ours is square, so that 500 steps take only minutes."""
OBJECT_AREA = 1 / 8
CLOSE = 1.05
"""Plain L-BFGS has converged when its loss is within this factor of its lowest one."""


def sized(picture: Rgb, side: int) -> Rgb:
    """Resize to a square picture."""
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def pictures() -> tuple[Rgb, Matte, Rgb]:
    """Make the composite, its object's matte, and the style picture."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    photo, style = sized(data.astronaut(), ROWS), sized(load_sample_image("china.jpg"), ROWS)
    side = round(ROWS * np.sqrt(OBJECT_AREA * 4 / np.pi))
    cat = sized(data.chelsea()[20:280, 90:350], side)
    disc = np.zeros((side, side), np.float32)
    cv2.circle(disc, (side // 2, side // 2), side // 2 - 1, 1.0, -1, cv2.LINE_AA)
    matte = np.zeros((ROWS, ROWS), np.float32)
    matte[-side - 20 : -20, 20 : side + 20] = disc
    pasted = np.zeros_like(photo)
    pasted[-side - 20 : -20, 20 : side + 20] = cat
    alpha = matte[..., np.newaxis]
    return round_to_uint8(photo * (1 - alpha) + pasted * alpha), matte, style


def example_loss(vgg: Vgg, content: Rgb, style: Rgb) -> LossAndGradient:
    """Return the Keras example's loss and gradient for float32 pictures, (height, width, 3) RGB.

    The example runs the network on content and style at every step; here it runs on them once,
    which makes a step three times as fast.
    """
    settings = Vgg19Settings()
    names = [*CLASSIC.style, CLASSIC.content]
    model = keras.Model(vgg.model.inputs, [vgg.model.get_layer(name).output for name in names])

    def features(picture: tf.Tensor) -> list[tf.Tensor]:
        return model(picture[tf.newaxis, ..., ::-1] - np.float32([103.939, 116.779, 123.68]))

    def gram(layer: tf.Tensor) -> tf.Tensor:
        flat = tf.reshape(tf.transpose(layer[0], (2, 0, 1)), (layer.shape[-1], -1))
        return tf.matmul(flat, tf.transpose(flat))

    deep = features(tf.constant(content, tf.float32))[-1]
    grams = [gram(layer) for layer in features(tf.constant(style, tf.float32))[:-1]]

    def loss(picture: tf.Tensor) -> tf.Tensor:
        *layers, last = features(picture)
        total = settings.content_weight * tf.reduce_sum((last - deep) ** 2)
        for layer, style_gram in zip(layers, grams, strict=True):
            distance = tf.reduce_sum((style_gram - gram(layer)) ** 2) / (
                4.0 * 3**2 * (ROWS * ROWS) ** 2
            )
            total += settings.style_weight / len(grams) * distance
        down = (picture[:-1, :-1] - picture[1:, :-1]) ** 2
        across = (picture[:-1, :-1] - picture[:-1, 1:]) ** 2
        return total + settings.total_variation_weight * tf.reduce_sum((down + across) ** 1.25)

    @tf.function
    def traced(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = loss(picture)
        return value, tape.gradient(value, picture)

    def evaluate(picture: Pixels) -> tuple[float, Pixels]:
        value, gradient = traced(tf.constant(picture, tf.float32))
        return float(value), gradient.numpy()

    evaluate(content)  # trace before anything is timed
    return evaluate


def classic_run(evaluate: LossAndGradient, content: Rgb, steps: int) -> tuple[float, Pixels]:
    """Run the example's SGD; return the seconds and the picture."""
    rate = keras.optimizers.schedules.ExponentialDecay(100.0, decay_steps=100, decay_rate=0.96)
    optimizer = keras.optimizers.SGD(learning_rate=rate)
    picture = keras.Variable(content.astype(np.float32))
    started = time.perf_counter()
    for _ in range(steps):
        optimizer.apply([evaluate(picture.numpy())[1]], [picture])
    return time.perf_counter() - started, picture.numpy()


def plain_lbfgs(evaluate: LossAndGradient, content: Rgb, evaluations: int) -> tuple[float, float]:
    """Run SciPy's L-BFGS; return the seconds until it has converged, and the loss at that time.

    The first step is scaled to one level of 255; SciPy's own first step is far smaller.
    """
    unit = np.sqrt(content.size)
    seen: list[tuple[float, float]] = []
    started = time.perf_counter()

    def evaluate_scaled(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        if len(seen) == evaluations:
            raise StopIteration
        loss, gradient = evaluate((point * unit).reshape(content.shape))
        seen.append((time.perf_counter() - started, loss))
        return loss, gradient.ravel().astype(np.float64) * unit

    options = {"maxiter": evaluations, "maxfun": evaluations, "ftol": 0.0, "gtol": 0.0}
    start = content.astype(np.float64).ravel() / unit
    with contextlib.suppress(StopIteration):
        minimize(evaluate_scaled, start, jac=True, method="L-BFGS-B", options=options)
    goal = CLOSE * min(loss for _, loss in seen)
    return next((seconds, goal) for seconds, loss in seen if loss <= goal)
