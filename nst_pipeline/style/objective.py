"""The whole loss of pixel optimization: VGG19 cut to size, and what a picture is to match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.layer_masks import layer_masks, region_weights
from nst_pipeline.style.losses import (
    VARIATION_EXPONENT,
    content_loss,
    gram,
    laplacian_loss,
    moments,
    moments_loss,
    style_loss,
    total_variation,
)
from nst_pipeline.style.precision import Precision
from nst_pipeline.style.search import LossAndGradient, Pixels
from nst_pipeline.style.tensorflow_import import import_tensorflow
from nst_pipeline.style.vgg19 import Vgg19, preprocessed
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb


class _Weights(NamedTuple):
    """Where each loss counts: planes of the layers' and the picture's sizes."""

    layers: list[Any]
    content: Any
    picture: Any


class Look(NamedTuple):
    """A style's statistics in every style layer."""

    grams: list[Any]
    moments: list[Any]


class _Target(NamedTuple):
    """What a picture is to match: content features and the style's statistics.

    `reference` is the picture whose Laplacian is kept and that variation is measured from.
    """

    reference: Any
    content: Any
    look: Look


class _Factors(NamedTuple):
    """What each loss is multiplied by; `positions` of every style layer, see `style_loss`."""

    content: Any
    style: Any
    moments: Any
    laplacian: Any
    variation: Any
    positions: list[Any]


def _signature(layers: int) -> list[Any]:
    tf = import_tensorflow()
    plane, volume, number = (tf.TensorSpec([None] * rank, tf.float32) for rank in (2, 3, 0))
    picture = tf.TensorSpec([None, None, 3], tf.float32)
    return [
        picture,
        _Target(picture, volume, Look([plane] * layers, [plane] * layers)),
        _Weights([plane] * layers, plane, plane),
        _Factors(number, number, number, number, number, [number] * layers),
    ]


@dataclass(frozen=True, eq=False)
class Objective:
    """The network cut to the layers in use, and the traced functions on it, for any size.

    `features` takes a picture (height, width, 3), RGB 0..255, and gives each layer's features,
    float32, the content's last. `loss` takes a picture, target, weights and factors; `evaluate`
    gives the gradient besides.
    """

    style_layers: tuple[str, ...]
    content_layer: str
    features: Callable[[Any], list[Any]]
    loss: Callable[..., Any]
    evaluate: Callable[..., tuple[Any, Any]]


@cache
def objective(
    vgg: Vgg19,
    style_layers: tuple[str, ...],
    content_layer: str,
    *,
    precision: Precision,
    photographic: bool,
) -> Objective:
    """Traced once per process for each combination; the second picture starts at once.

    Raises:
        SettingError: VGG19 has no layer of that name.
    """
    tf = import_tensorflow()
    network = vgg.network([*style_layers, content_layer], precision)

    def features(picture: Any) -> list[Any]:
        layers = network(preprocessed(picture)[tf.newaxis])
        return [tf.cast(layer[0], tf.float32) for layer in layers]

    def loss(picture: Any, target: _Target, weights: _Weights, factors: _Factors) -> Any:
        *styles, deep = features(picture)
        total = factors.content * content_loss(target.content, deep, weights.content)
        for number, (layer, region) in enumerate(zip(styles, weights.layers, strict=True)):
            positions = factors.positions[number]
            distance = style_loss(target.look.grams[number], gram(layer, region), positions)
            total += factors.style * distance
            if photographic:
                seen = moments(layer, region)
                total += factors.moments * moments_loss(
                    target.look.moments[number], seen, positions
                )
        if photographic:
            kept = laplacian_loss(target.reference, picture, weights.picture)
            total += factors.laplacian * kept
            picture = picture - target.reference
        return total + factors.variation * total_variation(picture, weights.picture)

    def evaluate(picture: Any, *arguments: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = loss(picture, *arguments)
        return value, tape.gradient(value, picture)

    signature = _signature(len(style_layers))
    return Objective(
        style_layers,
        content_layer,
        tf.function(features, input_signature=signature[:1]),
        tf.function(loss, input_signature=signature),
        tf.function(evaluate, input_signature=signature),
    )


def objective_of(vgg: Vgg19, settings: Vgg19Settings, precision: Precision) -> Objective:
    """The objective of these settings.

    Raises:
        SettingError: VGG19 has no layer of a name in the settings.
    """
    return objective(
        vgg,
        tuple(settings.style_layers),
        settings.content_layer,
        precision=precision,
        photographic=settings.mode == "photographic",
    )


@dataclass(frozen=True)
class Task:
    """A content picture with the region that counts, and a style picture with its region.

    Pictures (height, width, 3), RGB 0..255; masks (height, width) float32, 0..1, not all 0.
    """

    content: Rgb | Pixels
    mask: Matte
    style: Rgb | Pixels
    style_mask: Matte

    def sized(self, content: tuple[int, int], style: tuple[int, int]) -> Task:
        """The same with other widths and heights, all float32."""
        return Task(
            _sized(self.content, *content),
            np.clip(_sized(self.mask, *content), 0, 1),
            _sized(self.style, *style),
            np.clip(_sized(self.style_mask, *style), 0, 1),
        )


def _sized(picture: Rgb | Pixels, width: int, height: int) -> NDArray[np.float32]:
    # Reduced first: a large photo as float32 takes four times its memory.
    return np.asarray(resize(picture, width, height), np.float32)


def _factors(settings: Vgg19Settings, weights: _Weights, reduction: int) -> _Factors:
    """Multipliers that give a reduced picture the loss of the full one, as far as sums of means go.

    Steps from pixel to pixel are smaller on the full picture, by as much as it is larger.
    """
    tf = import_tensorflow()

    def number(value: float) -> Any:
        return tf.constant(value, tf.float32)

    area, layers = float(reduction**2), max(1, len(weights.layers))
    smoother = reduction ** (2 * VARIATION_EXPONENT)
    return _Factors(
        content=number(settings.content_weight * area),
        style=number(settings.style_weight / layers),
        moments=number(settings.moments_weight / layers),
        laplacian=number(settings.laplacian_weight * area / reduction**4),
        variation=number(settings.total_variation_weight * area / smoother),
        positions=[number(area * float(np.prod(plane.shape))) for plane in weights.layers],
    )


@dataclass(frozen=True, eq=False)
class TaskLoss:
    """The loss of pictures of one task, at one size."""

    objective: Objective
    arguments: tuple[_Target, _Weights, _Factors]

    def loss(self, picture: Pixels) -> float:
        """The loss alone, without the gradient's time."""
        tf = import_tensorflow()
        return float(self.objective.loss(tf.constant(picture), *self.arguments))

    @property
    def evaluate(self) -> LossAndGradient:
        """Loss and gradient of a picture (height, width, 3) float32."""
        tf = import_tensorflow()

        def evaluated(picture: Pixels) -> tuple[float, Pixels]:
            loss, gradient = self.objective.evaluate(tf.constant(picture), *self.arguments)
            return float(loss), gradient.numpy()

        return evaluated


def _planes(mask: Matte, layers: Sequence[str]) -> list[Any]:
    tf = import_tensorflow()
    return [tf.constant(region_weights(seen)) for seen in layer_masks(mask, layers)]


def look_of(objective: Objective, task: Task) -> Look:
    """Measure the style's statistics, in the objective's precision."""
    tf = import_tensorflow()
    *layers, _ = objective.features(tf.constant(task.style, tf.float32))
    regions = _planes(task.style_mask, objective.style_layers)
    pairs = list(zip(layers, regions, strict=True))
    return Look([gram(*pair) for pair in pairs], [moments(*pair) for pair in pairs])


def task_loss(
    objective: Objective, task: Task, look: Look, settings: Vgg19Settings, *, reduction: int = 1
) -> TaskLoss:
    """Measure what of the content is to stay, and weigh it against the look that is to come.

    Args:
        objective: the traced network.
        task: content at this size; of the style only the look counts.
        look: the style's statistics.
        settings: the losses' weights.
        reduction: how many times as large the picture is (in length) that this one stands for.
    """
    tf = import_tensorflow()
    picture = tf.constant(task.content, tf.float32)
    deep = objective.features(picture)[-1]
    # What surrounds the region stays as it is: it adds nothing to a difference of features.
    content = resize(task.mask, deep.shape[1], deep.shape[0])
    weights = _Weights(
        _planes(task.mask, objective.style_layers),
        tf.constant(region_weights(content)),
        tf.constant(region_weights(task.mask)),
    )
    target = _Target(picture, deep, look)
    return TaskLoss(objective, (target, weights, _factors(settings, weights, reduction)))
