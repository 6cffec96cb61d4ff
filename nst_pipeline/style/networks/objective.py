"""The complete loss of pixel optimization, traced by TensorFlow once for pictures of any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import tensorflow as tf

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.loss_factors import (
    Energies,
    LossFactors,
    balanced_factors,
    classic_factors,
)
from nst_pipeline.style.networks.losses import (
    content_loss,
    gram,
    laplacian_loss,
    moments,
    squared_distance,
    total_variation,
)
from nst_pipeline.style.networks.vgg import Pooling, Vgg, preprocess
from nst_pipeline.style.optimize.layer_masks import layer_masks, region_weights
from nst_pipeline.style.optimize.layers import layers_in_use
from nst_pipeline.style.optimize.precision import Precision
from nst_pipeline.style.optimize.problem import TransferProblem
from nst_pipeline.style.optimize.search import LossAndGradient, Pixels
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte


class _Weights(NamedTuple):
    """Weights of the positions in each loss, (height, width) of the layer or the picture."""

    layers: list[tf.Tensor]
    content: tf.Tensor
    picture: tf.Tensor


class StyleStatistics(NamedTuple):
    """Gram matrix and moments of a style picture in every style layer."""

    grams: list[tf.Tensor]
    moments: list[tf.Tensor]


class _Target(NamedTuple):
    """The features and statistics that a picture should match.

    `reference` is the picture whose Laplacian is kept and relative to which variation is measured.
    """

    reference: tf.Tensor
    content: tf.Tensor
    style: StyleStatistics


_Arguments = tuple[_Target, _Weights, LossFactors]


def _signature(layers: int) -> list[tf.TensorSpec | tuple[tf.TensorSpec | list[tf.TensorSpec]]]:
    plane, volume, number = (tf.TensorSpec([None] * rank, tf.float32) for rank in (2, 3, 0))
    picture = tf.TensorSpec([None, None, 3], tf.float32)
    return [
        picture,
        _Target(picture, volume, StyleStatistics([plane] * layers, [plane] * layers)),
        _Weights([plane] * layers, plane, plane),
        LossFactors(number, [number] * layers, [number] * layers, number, number),
    ]


@dataclass(frozen=True, eq=False)
class Objective:
    """The network cut to the layers in use, and the traced functions on it, for any size.

    Attributes
    ----------
    style_layers, content_layer
        Names of the layers in use.
    block_sizes
        Number of convolutions in each block of the network.
    features
        From a picture, (height, width, 3) RGB 0..255, to each layer's features in float32, the
        content layer's last.
    loss
        From a picture, target, weights and factors to a scalar.
    evaluate
        From the same to the loss and its gradient with respect to the picture.
    """

    style_layers: tuple[str, ...]
    content_layer: str
    block_sizes: tuple[int, ...]
    features: Callable[[tf.Tensor], list[tf.Tensor]]
    loss: Callable[[tf.Tensor, _Target, _Weights, LossFactors], tf.Tensor]
    evaluate: Callable[[tf.Tensor, _Target, _Weights, LossFactors], tuple[tf.Tensor, tf.Tensor]]


@cache
def _traced_objective(
    vgg: Vgg,
    style_layers: tuple[str, ...],
    content_layer: str,
    *,
    precision: Precision,
    pooling: Pooling,
    photographic: bool,
) -> Objective:
    network = vgg.network([*style_layers, content_layer], precision, pooling)

    def features(picture: tf.Tensor) -> list[tf.Tensor]:
        layers = network(preprocess(picture)[tf.newaxis])
        return [tf.cast(layer[0], tf.float32) for layer in layers]

    def loss(
        picture: tf.Tensor, target: _Target, weights: _Weights, factors: LossFactors
    ) -> tf.Tensor:
        *styles, deep = features(picture)
        total = factors.content * content_loss(target.content, deep, weights.content)
        for number, (layer, region) in enumerate(zip(styles, weights.layers, strict=True)):
            distance = squared_distance(target.style.grams[number], gram(layer, region))
            total += factors.styles[number] * distance
            if photographic:
                distance = squared_distance(target.style.moments[number], moments(layer, region))
                total += factors.moments[number] * distance
        if photographic:
            distance = laplacian_loss(target.reference, picture, weights.picture)
            total += factors.laplacian * distance
            picture = picture - target.reference
        return total + factors.variation * total_variation(picture, weights.picture)

    def evaluate(
        picture: tf.Tensor, target: _Target, weights: _Weights, factors: LossFactors
    ) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = loss(picture, target, weights, factors)
        return value, tape.gradient(value, picture)

    signature = _signature(len(style_layers))
    return Objective(
        style_layers,
        content_layer,
        vgg.block_sizes,
        tf.function(features, input_signature=signature[:1]),
        tf.function(loss, input_signature=signature),
        tf.function(evaluate, input_signature=signature),
    )


def objective_for(vgg: Vgg, settings: Vgg19Settings, precision: Precision) -> Objective:
    """Return the objective for a network, settings and precision.

    Each is traced once per process, for its network, layers, mode and precision, so that the second
    picture of a batch starts at once.

    Raises
    ------
    SettingError
        The network has no convolution of a name in the settings.
    """
    layers = layers_in_use(settings)
    return _traced_objective(
        vgg,
        layers.style,
        layers.content,
        precision=precision,
        pooling="average" if settings.losses == "balanced" else "max",
        photographic=settings.mode == "photographic",
    )


def _energies(target: _Target, weights: _Weights) -> Energies:
    """Measure what the balanced losses are relative to."""

    def energy(values: tf.Tensor) -> float:
        return float(squared_distance(tf.zeros_like(values), values))

    content, picture = target.content, target.reference
    return Energies(
        grams=[energy(each) for each in target.style.grams],
        moments=[energy(each) for each in target.style.moments],
        content=float(content_loss(tf.zeros_like(content), content, weights.content)),
        laplacian=float(laplacian_loss(tf.zeros_like(picture), picture, weights.picture)),
        values=int(tf.size(picture)),
    )


def _factors(
    settings: Vgg19Settings, target: _Target, weights: _Weights, reduction: int
) -> LossFactors:
    if settings.losses == "balanced":
        return balanced_factors(settings, _energies(target, weights), reduction=reduction)
    positions = [int(tf.size(plane)) for plane in weights.layers]
    return classic_factors(settings, positions, reduction=reduction)


@dataclass(frozen=True, eq=False)
class TransferLoss:
    """The loss of pictures in one transfer problem, at one size."""

    objective: Objective
    arguments: _Arguments

    def value(self, picture: Pixels) -> float:
        """Compute the loss without its gradient, which takes less time."""
        return float(self.objective.loss(tf.constant(picture), *self.arguments))

    @property
    def evaluate(self) -> LossAndGradient:
        """Function from a picture, (height, width, 3) float32, to its loss and gradient."""

        def evaluated(picture: Pixels) -> tuple[float, Pixels]:
            loss, gradient = self.objective.evaluate(tf.constant(picture), *self.arguments)
            return float(loss), gradient.numpy()

        return evaluated


def _region_planes(mask: Matte, objective: Objective) -> list[tf.Tensor]:
    masks = layer_masks(mask, objective.style_layers, block_sizes=objective.block_sizes)
    return [tf.constant(region_weights(layer_mask)) for layer_mask in masks]


def measure_style(objective: Objective, problem: TransferProblem) -> StyleStatistics:
    """Measure the statistics of a problem's style region, in the objective's precision."""
    *layers, _ = objective.features(tf.constant(problem.style, tf.float32))
    regions = _region_planes(problem.style_mask, objective)
    pairs = list(zip(layers, regions, strict=True))
    return StyleStatistics([gram(*pair) for pair in pairs], [moments(*pair) for pair in pairs])


def build_transfer_loss(
    objective: Objective,
    problem: TransferProblem,
    style: StyleStatistics,
    settings: Vgg19Settings,
    *,
    reduction: int = 1,
) -> TransferLoss:
    """Build the loss of a problem: content that should stay against style to take on.

    Parameters
    ----------
    objective
        The traced network.
    problem
        Content at this size. Its style picture is not used.
    style
        The style's statistics.
    settings
        The losses' weights.
    reduction
        Sides of the full picture divided by those of this one.
    """
    picture = tf.constant(problem.content, tf.float32)
    deep = objective.features(picture)[-1]
    # Not narrowed as for style layers: the surroundings of the region do not change, so they add
    # nothing to a difference of features.
    content_mask = resize(problem.mask, deep.shape[1], deep.shape[0])
    weights = _Weights(
        _region_planes(problem.mask, objective),
        tf.constant(region_weights(content_mask)),
        tf.constant(region_weights(problem.mask)),
    )
    target = _Target(picture, deep, style)
    return TransferLoss(
        objective, (target, weights, _factors(settings, target, weights, reduction))
    )
