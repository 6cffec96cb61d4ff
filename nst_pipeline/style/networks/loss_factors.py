"""How much each distance counts: as in the Keras example, or relative to energies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.losses import VARIATION_EXPONENT


class LossFactors(NamedTuple):
    """The factor of each distance; `styles` and `moments` have one for each style layer."""

    content: tf.Tensor
    styles: list[tf.Tensor]
    moments: list[tf.Tensor]
    laplacian: tf.Tensor
    variation: tf.Tensor


def _number(value: float) -> tf.Tensor:
    return tf.constant(value, tf.float32)


# The example divides by the channels and size of its picture at every layer.
_EXAMPLE_CHANNELS = 3
_EXAMPLE_PIXELS = 400 * 400
_STYLE_DIVISOR = 4.0 * _EXAMPLE_CHANNELS**2 * _EXAMPLE_PIXELS**2


def classic_factors(
    settings: Vgg19Settings, positions: Sequence[int], *, reduction: int = 1
) -> LossFactors:
    """Compute the factors of the Keras example, which adds up squared differences.

    Parameters
    ----------
    settings
        The losses' weights.
    positions
        Height times width of each style layer in the result. They turn the Gram matrices' means
        into the sums that the example compares.
    reduction
        Sides of the full picture divided by those of this one. A reduced picture has about the loss
        of the full one, although differences between neighboring pixels are larger in it.

    References
    ----------
    Chollet, "Neural style transfer", Keras code examples, 2016.
    """
    area = float(reduction**2)
    scales = [(area * each) ** 2 / _STYLE_DIVISOR / len(positions) for each in positions]
    smoother = reduction ** (2 * VARIATION_EXPONENT)
    return LossFactors(
        content=_number(settings.content_weight * area),
        styles=[_number(settings.style_weight * scale) for scale in scales],
        moments=[_number(settings.moments_weight * scale) for scale in scales],
        laplacian=_number(settings.laplacian_weight * area / reduction**4),
        variation=_number(settings.total_variation_weight * area / smoother),
    )


@dataclass(frozen=True)
class BalancedParameters:
    """Scales of the balanced losses."""

    unit_weight: float = 1e-6
    """A distance of this weight counts fully: the default of `vgg19.style_weight`."""
    artistic_levels: float = 40.0
    """Total variation is 1 where neighboring pixels differ by this much, of 255."""
    photographic_levels: float = 4.0
    """The same for the variation of the change, which should be smooth: else colors blotch."""


class Energies(NamedTuple):
    """What the distances are relative to: those of style or content from nothing.

    `grams` and `moments` are those of each style layer; `content` and `laplacian` are sums over the
    content's positions, and `values` is the number of the picture's values.
    """

    grams: Sequence[float]
    moments: Sequence[float]
    content: float
    laplacian: float
    values: int


def balanced_factors(
    settings: Vgg19Settings,
    energies: Energies,
    *,
    reduction: int = 1,
    parameters: BalancedParameters = BalancedParameters(),
) -> LossFactors:
    """Compute factors that make every distance relative, so that any network's features fit.

    A picture without the style, such as a black one, has about a style loss of 1. The scales of a
    network's layers differ by orders of magnitude, and those of two networks, too.

    Parameters
    ----------
    settings
        The losses' weights.
    energies
        Of the style and the content, at this size.
    reduction
        Sides of the full picture divided by those of this one.
    parameters
        Scales.
    """

    def relative(weight: float, energy: float) -> tf.Tensor:
        # What has no energy, such as the Laplacian of a flat picture, has no scale either.
        return _number(weight / parameters.unit_weight / energy if energy > 0 else 0.0)

    layers = len(energies.grams)
    is_artistic = settings.mode == "artistic"
    levels = parameters.artistic_levels if is_artistic else parameters.photographic_levels
    steps = energies.values * (levels * reduction) ** (2 * VARIATION_EXPONENT)
    return LossFactors(
        content=relative(settings.content_weight, energies.content),
        styles=[relative(settings.style_weight / layers, each) for each in energies.grams],
        moments=[relative(settings.moments_weight / layers, each) for each in energies.moments],
        laplacian=relative(settings.laplacian_weight, energies.laplacian),
        variation=relative(settings.total_variation_weight, steps),
    )
