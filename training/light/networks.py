"""What the networks of light have in common: lights and changes as tensors, layers, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.dense import INPUT_LIMIT
from nst_pipeline.vision.harmonize.light.change import LIMITS
from nst_pipeline.vision.images.color import LUMINANCE

Tensor = Any
Rows = dict[str, NDArray[Any]]
HELD_BACK_EVERY = 10
"""One photo in so many is not trained on; the figures are of these."""


def to_linear(x: Tensor) -> Tensor:
    """Convert sRGB values, 0..1, to linear light."""
    return tf.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_display(x: Tensor) -> Tensor:
    """Convert linear light to sRGB values, 0..1."""
    x = tf.clip_by_value(x, 1e-6, 1.0)
    return tf.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def relit(linear: Tensor, light: Tensor) -> Tensor:
    """Put pixels, (n, k, 3), into lights, (n, 10) as `lights.Light.as_row` returns them."""
    gain, gamma, contrast, air, color, mean = tf.split(light[:, None], [3, 1, 1, 1, 3, 1], -1)
    lit = tf.clip_by_value(linear * gain, 1e-6, 4.0) ** gamma
    lit = tf.maximum((lit - mean) * contrast + mean, 0)
    return to_display(lit * (1 - air) + air * color)


def changed(linear: Tensor, numbers: Tensor) -> Tensor:
    """Apply `LightChange.from_numbers`, (n, 9), to pixels, (n, k, 3), of objects."""
    bound = tf.constant(LIMITS.of_numbers, tf.float32)
    parts = tf.split((bound * tf.tanh(numbers / bound))[:, None], [1, 3, 1, 1, 3], -1)
    exposure, balance, contrast, saturation, haze = parts
    weights = tf.constant(LUMINANCE[:, None], tf.float32)
    pivot = tf.reduce_mean(tf.math.log(tf.maximum(linear @ weights, 1e-4)), 1, keepdims=True)
    lit = linear * tf.exp(exposure + balance)
    luminance = tf.maximum(lit @ weights, LIMITS.darkest)
    factor = (luminance / tf.exp(pivot + exposure)) ** (tf.exp(contrast) - 1)
    factor = tf.clip_by_value(factor, 1 / LIMITS.tone_factor, LIMITS.tone_factor)
    lit, gray = lit * factor, luminance * factor
    shown = to_display(gray + tf.exp(saturation) * (lit - gray))
    return shown * (1 - tf.maximum(haze, 0)) + haze


def network(
    inputs: int, hidden: Sequence[int], outputs: int, *, noise: float, dropout: float
) -> tf.keras.Model:
    """Return dense layers with SiLU between them, whose first answer is zero.

    `noise` is the standard deviation of noise on the inputs while training.
    """
    layers: list[tf.keras.layers.Layer] = [tf.keras.layers.Input((inputs,))]
    layers.append(tf.keras.layers.GaussianNoise(noise))
    for width in hidden:
        layers.append(tf.keras.layers.Dense(width, activation="silu"))
        layers.append(tf.keras.layers.Dropout(dropout))
    layers.append(tf.keras.layers.Dense(outputs, kernel_initializer="zeros"))
    return tf.keras.Sequential(layers)


def optimizer(rate: float, steps: int, weight_decay: float) -> tf.keras.optimizers.Optimizer:
    """Return AdamW, whose learning rate falls to zero in so many steps."""
    schedule = tf.keras.optimizers.schedules.CosineDecay(rate, steps)
    return tf.keras.optimizers.AdamW(schedule, weight_decay=weight_decay)


def descent(
    model: tf.keras.Model, by: tf.keras.optimizers.Optimizer, loss_of: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """Return a step that takes a batch's tensors, changes the model, and returns the loss."""

    @tf.function
    def step(*batch: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(*batch)
        variables = model.trainable_variables
        by.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step


def standardize(x: NDArray[Any], center: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float32]:
    """Standardize inputs as `nst_pipeline.vision.harmonize.dense` does."""
    return np.asarray(np.clip((x - center) / scale, -INPUT_LIMIT, INPUT_LIMIT), np.float32)


def in_daylight(light: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which rows, (n, 10), are in the photo's own light."""
    return np.asarray((light[:, :5] == 1).all(1) & (light[:, 5] == 0))


def read_rows(path: Path) -> tuple[Rows, Rows]:
    """Read what `rows.py` wrote: rows to train on, and those of the photos held back."""
    with np.load(path) as file:
        rows = dict(file)

    def of_photos(held_back: bool) -> Rows:
        chosen = {
            prefix: (rows[f"{prefix}photo"] % HELD_BACK_EVERY == 0) == held_back
            for prefix in ("", "edited_")
        }
        return {
            name: column[chosen["edited_" if name.startswith("edited_") else ""]]
            for name, column in rows.items()
        }

    return of_photos(False), of_photos(True)


def save(model: tf.keras.Model, center: Any, scale: Any, path: Path) -> None:
    """Write a network for `nst_pipeline.vision.harmonize.dense`."""
    arrays = {"center": center, "scale": scale}
    dense = [each for each in model.layers if isinstance(each, tf.keras.layers.Dense)]
    for n, layer in enumerate(dense):
        arrays[f"weights{n}"], arrays[f"bias{n}"] = layer.get_weights()
    np.savez_compressed(path, **{name: each.astype(np.float32) for name, each in arrays.items()})
