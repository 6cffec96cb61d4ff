"""Describe an object and its surroundings by hand-crafted color features.

The features are those of the blocks in `BLOCKS`, concatenated. To try another feature, add a block
and calibrate again: a stored model only works with the blocks that it was calibrated with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.model.arrays import Array
from nst_pipeline.vision.harmonize.model.seam import LOG_SCALE, describe_seam
from nst_pipeline.vision.harmonize.object_view import ObjectView
from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask


@dataclass(frozen=True)
class ColorFeatureParameters:
    """What the features measure. The built-in model was calibrated with the defaults."""

    sample_px: int = 4096
    """Number of pixels sampled from a region; more do not change the quantiles."""
    quantiles: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    """Quantiles of lightness, a and b."""
    low_chroma_quantiles: tuple[float, ...] = (0.02, 0.1, 0.5)
    """Quantiles of chroma."""
    std_floor: float = 0.5
    """LAB units; keeps the logarithm of a flat region's standard deviation finite."""
    tones: int = 6
    """Number of equal parts that a region's pixels are split into, from dark to light."""
    neutral_share: float = 0.1
    """Share of a region's pixels, those of least chroma, taken as gray to find the light's
    color."""
    detail_sigma_px: float = 1.2
    """Fine detail and noise are what a Gaussian of this width removes."""


FEATURES = ColorFeatureParameters()


@dataclass(frozen=True)
class Samples:
    """A view, the parameters, and LAB samples of the view's regions, each (n, 3) float64."""

    view: ObjectView
    parameters: ColorFeatureParameters
    inside: Array
    ring: Array
    outside: Array
    rim: Array


@dataclass(frozen=True)
class FeatureBlock:
    """Features of one kind.

    Attributes
    ----------
    name
        What the features describe.
    compute
        Returns the features, (n,), in LAB units or scaled like them.
    relevance
        Weight of a difference in these features, after scaling all to unit variance.
    is_seam
        Whether the features describe the seam; the second predictor does not use these.
    """

    name: str
    compute: Callable[[Samples], Array]
    relevance: float
    is_seam: bool = False


def _sample(pixels: Lab, count: int) -> Array:
    step = -(-len(pixels) // count)
    return pixels[::step].astype(np.float64)


def _std(pixels: Array, floor: float) -> Array:
    return np.asarray(pixels.std(0) + floor, np.float64)


def _tones(pixels: Array, count: int) -> Array:
    """Compute the mean color of each tone, from dark to light; tints show in the extremes."""
    order = np.argsort(pixels[:, 0], kind="stable")
    return np.concatenate([pixels[part].mean(0) for part in np.array_split(order, count)])


def _neutral(pixels: Array, share: float) -> Array:
    """Compute the mean color of the pixels nearest to gray, which shows the light's color."""
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    count = max(1, round(share * len(pixels)))
    return np.asarray(pixels[np.argsort(chroma, kind="stable")[:count]].mean(0))


def _colors(pixels: Array, parameters: ColorFeatureParameters) -> Array:
    """Describe the colors of a region, regardless of position."""
    std = _std(pixels, parameters.std_floor)
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    centered = (pixels - pixels.mean(0)) / std
    correlation = centered.T @ centered / len(pixels)
    return np.concatenate(
        [
            pixels.mean(0),
            np.log(std) * LOG_SCALE,
            np.quantile(pixels, parameters.quantiles, axis=0).ravel(),
            correlation[[0, 0, 1], [1, 2, 2]] * LOG_SCALE,
            np.array([chroma.mean(), np.quantile(chroma, 0.95)]),
            np.quantile(chroma, parameters.low_chroma_quantiles),
            _tones(pixels, parameters.tones),
            _neutral(pixels, parameters.neutral_share),
        ]
    )


def _shape(samples: Samples) -> Array:
    """Compute skewness and kurtosis, which an affine change of colors does not alter."""
    pixels = samples.inside
    centered = (pixels - pixels.mean(0)) / _std(pixels, samples.parameters.std_floor)
    squared = centered * centered
    skewness, kurtosis = (squared * centered).mean(0), (squared * squared).mean(0)
    return np.concatenate([np.clip(skewness, -4, 4) * 5, np.clip(kurtosis, 0, 10) * 3])


def _detail(samples: Samples) -> Array:
    """Compute the log strength of each region's fine detail; it changes with the contrast."""
    view, sigma_px = samples.view, samples.parameters.detail_sigma_px
    fine = np.abs(view.lab - cv2.GaussianBlur(view.lab, (0, 0), sigma_px))

    def strength(mask: Mask) -> Array:
        mean = fine[mask].mean(0).astype(np.float64)
        return np.asarray(np.log(mean + 0.05) * LOG_SCALE)

    return np.concatenate([strength(mask) for mask in (view.inside, view.ring, view.outside)])


def _rim(samples: Samples) -> Array:
    rim, area = samples.rim, np.array([samples.view.area_share * 100])
    return np.concatenate([rim.mean(0), rim.std(0), area])


def _seam(samples: Samples) -> Array:
    return describe_seam(samples.view.lab, samples.view.inside)


def _object_colors(samples: Samples) -> Array:
    return _colors(samples.inside, samples.parameters)


def _ring_colors(samples: Samples) -> Array:
    return _colors(samples.ring, samples.parameters)


def _surrounding_colors(samples: Samples) -> Array:
    return _colors(samples.outside, samples.parameters)


BLOCKS: tuple[FeatureBlock, ...] = (
    FeatureBlock("object colors", _object_colors, 1.0),
    FeatureBlock("ring colors", _ring_colors, 0.7),
    FeatureBlock("surrounding colors", _surrounding_colors, 0.4),
    FeatureBlock("shape of the object's colors", _shape, 1.0),
    FeatureBlock("fine detail", _detail, 3.0),
    FeatureBlock("rim", _rim, 3.0),
    FeatureBlock("seam", _seam, 3.0, is_seam=True),
)
"""The relevances were tuned on photos left out of calibration. Distant surroundings say little
about an object's colors; its rim and seam say much."""


def _samples(view: ObjectView, parameters: ColorFeatureParameters) -> Samples:
    masks = (view.inside, view.ring, view.outside, view.rim)
    pixels = (_sample(view.lab[mask], parameters.sample_px) for mask in masks)
    return Samples(view, parameters, *pixels)


def describe(view: ObjectView, *, parameters: ColorFeatureParameters = FEATURES) -> Array:
    """Compute the features, (n,), in LAB units or scaled like them.

    Examples
    --------
    >>> import numpy as np
    >>> from nst_pipeline.vision.harmonize.object_view import object_view
    >>> image, matte = np.full((60, 60, 3), 128, np.uint8), np.zeros((60, 60), np.float32)
    >>> matte[20:40, 20:40] = 1
    >>> describe(object_view(image, matte)).shape == feature_relevance().shape
    True
    """
    samples = _samples(view, parameters)
    return np.concatenate([block.compute(samples) for block in BLOCKS])


@cache
def block_sizes() -> tuple[int, ...]:
    """Return the number of features of each block, counted on a blank view."""
    side = 32
    lab, inside = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.bool_)
    inside[8:24, 8:24] = True
    view = ObjectView(lab, inside, inside, ~inside, ~inside, 0.25)
    samples = _samples(view, FEATURES)
    return tuple(len(block.compute(samples)) for block in BLOCKS)


def feature_relevance() -> Array:
    """Return the relevance of each feature, (n,)."""
    return np.repeat([block.relevance for block in BLOCKS], block_sizes())


def seam_features() -> NDArray[np.bool_]:
    """Return a mask, (n,), of the features that describe the seam."""
    return np.repeat([block.is_seam for block in BLOCKS], block_sizes())
