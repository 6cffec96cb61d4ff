"""Pixel optimisation: a picture is changed until VGG19 sees its content in another's style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.lbfgs import Progress, Vector, minimise
from nst_pipeline.style.losses import (
    content_loss,
    gram,
    region_weights,
    style_loss,
    total_variation,
)
from nst_pipeline.style.tensorflow_import import import_tensorflow
from nst_pipeline.style.vgg19 import Vgg19, preprocessed
from nst_pipeline.vision.resize import fitted_size, resized
from nst_pipeline.vision.shapes import Matte, Rgb

_SMALLEST_SIDE = 32  # four halvings leave the deepest layers two positions
_FIRST_STEP_LEVELS = 4.0  # of 255; more or less of it costs an evaluation or two
_LEVELS = (0.0, 255.0)


@dataclass(frozen=True)
class Vgg19Result:
    """The stylised picture and its loss curve: the start's loss and one for every step.

    `stopped` tells why: `steps` were used up, the loss was `flat`, or there was `nothing` to do.
    """

    image: Rgb
    losses: list[float]
    evaluations: int
    stopped: Literal["steps", "flat", "nothing"]


@dataclass(frozen=True)
class _Objective:
    """The network cut to the layers in use, and the traced functions on it.

    `features` takes a picture (height, width, 3), RGB 0..255, and gives each layer's features.
    `evaluate` gives loss and gradient.
    """

    features: Callable[[Any], list[Any]]
    evaluate: Callable[..., tuple[Any, Any]]


@cache
def _objective(vgg: Vgg19, style_layers: Sequence[str], content_layer: str) -> _Objective:
    """Traced once per set of layers, for pictures of any size."""
    tf = import_tensorflow()
    network = vgg.network([*style_layers, content_layer])
    picture_spec = tf.TensorSpec([None, None, 3], tf.float32)
    plane_spec = tf.TensorSpec([None, None], tf.float32)
    layer_spec = tf.TensorSpec([None, None, None], tf.float32)
    planes = [plane_spec] * len(style_layers)

    def features(picture: Any) -> list[Any]:
        return [layer[0] for layer in network(preprocessed(picture)[tf.newaxis])]

    def loss(picture: Any, content: Any, grams: list[Any], weights: list[Any], factors: Any) -> Any:
        *styles, deep = features(picture)
        *style_weights, content_weights, picture_weights = weights
        total = factors[0] * content_loss(content, deep, content_weights)
        for layer, target, region in zip(styles, grams, style_weights, strict=True):
            positions = tf.cast(tf.size(region), tf.float32)
            total += factors[1] * style_loss(target, gram(layer, region), positions)
        return total + factors[2] * total_variation(picture, picture_weights)

    def evaluate(picture: Any, *arguments: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = loss(picture, *arguments)
        return value, tape.gradient(value, picture)

    signature = [
        picture_spec,
        layer_spec,
        planes,
        [*planes, plane_spec, plane_spec],
        tf.TensorSpec([3], tf.float32),
    ]
    return _Objective(
        tf.function(features, input_signature=[picture_spec]),
        tf.function(evaluate, input_signature=signature),
    )


def _sized(picture: NDArray[Any], side: int) -> NDArray[np.float32]:
    """Picture or mask as float32, with a longest side of at most `side`."""
    width, height = fitted_size(picture, min(side, max(picture.shape[:2])))
    width, height = max(width, _SMALLEST_SIDE), max(height, _SMALLEST_SIDE)
    return np.asarray(resized(picture.astype(np.float32), width, height), np.float32)


def _mask_or_all(mask: Matte | None, picture: Rgb) -> Matte:
    if mask is None or not mask.any():
        return np.ones(picture.shape[:2], np.float32)
    return mask


def _layer_weights(mask: NDArray[np.float32], layers: Sequence[Any]) -> list[Any]:
    tf = import_tensorflow()
    return [tf.constant(region_weights(mask, x.shape[1], x.shape[0])) for x in layers]


def _evaluator(
    objective: _Objective,
    start: NDArray[np.float32],
    start_mask: NDArray[np.float32],
    style: NDArray[np.float32],
    style_mask: NDArray[np.float32],
    settings: Vgg19Settings,
) -> Callable[[Vector], tuple[float, Vector]]:
    """Loss and gradient as the optimiser wants them, flat; only the mask's pixels count."""
    tf = import_tensorflow()
    looks = objective.features(tf.constant(style))[:-1]
    looks_weights = _layer_weights(style_mask, looks)
    grams = [gram(look, region) for look, region in zip(looks, looks_weights, strict=True)]
    layers = objective.features(tf.constant(start))
    weights = _layer_weights(start_mask, [*layers, start])
    each_style = settings.style_weight / max(1, len(grams))
    factors = tf.constant([settings.content_weight, each_style, settings.total_variation_weight])
    share = start_mask[..., np.newaxis]

    def evaluate(point: Vector) -> tuple[float, Vector]:
        picture = start + share * (point.reshape(start.shape).astype(np.float32) - start)
        loss, gradient = objective.evaluate(
            tf.constant(picture), layers[-1], grams, weights, factors
        )
        return float(loss), (gradient.numpy() * share).astype(np.float64).ravel()

    return evaluate


def _carried_up(start: Rgb, mask: Matte, change: NDArray[np.float32]) -> Rgb:
    """The start picture with the change at its own resolution, within the mask."""
    height, width = start.shape[:2]
    changed = start + mask[..., np.newaxis] * resized(change, width, height)
    return np.asarray(np.rint(np.clip(changed, *_LEVELS)), np.uint8)


def stylize_vgg19(
    start: Rgb,
    style: Rgb,
    vgg: Vgg19,
    settings: Vgg19Settings,
    *,
    start_mask: Matte | None = None,
    style_mask: Matte | None = None,
    progress: Progress | None = None,
) -> Vgg19Result:
    """Change `start` towards the look of `style`, keeping its content.

    Gatys et al., Image style transfer using convolutional neural networks, 2016. It is optimised
    at `settings.side` at most; the change is then enlarged and added to a larger picture.

    Args:
        start: (height, width, 3) uint8, RGB; where the search begins, and the content.
        style: uint8, RGB, of any size: the scene without the sticker, say. The start picture
            itself, with the same mask, leaves nothing to do.
        vgg: the network.
        settings: weights of the losses, layers, steps and size.
        start_mask: (height, width), 0..1; only these pixels change and count. None: all.
        style_mask: the style's region, such as the ring. None, or nothing in it: all.
        progress: told after every step: steps done, steps at most, loss.

    Raises:
        SettingError: VGG19 has no layer of a name in the settings.
    """
    mask = np.ones(start.shape[:2], np.float32) if start_mask is None else start_mask
    style_mask = _mask_or_all(style_mask, style)
    in_style = np.array_equal(start, style) and np.array_equal(mask, style_mask)
    if in_style or not mask.any():
        return Vgg19Result(start.copy(), [], 0, "nothing")
    objective = _objective(vgg, tuple(settings.style_layers), settings.content_layer)
    small = _sized(start, settings.side)
    found = minimise(
        _evaluator(
            objective,
            small,
            _sized(mask, settings.side),
            _sized(style, settings.side),
            _sized(style_mask, settings.side),
            settings,
        ),
        small.astype(np.float64).ravel(),
        steps=settings.steps,
        bounds=_LEVELS,
        first_step=_FIRST_STEP_LEVELS,
        flat_gain=settings.flat_gain,
        progress=progress,
    )
    change = found.point.reshape(small.shape).astype(np.float32) - small
    image = _carried_up(start, mask, change)
    return Vgg19Result(image, found.losses, found.evaluations, found.stopped)
