"""An object among its surroundings as a vector of hand-made color features."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.model.seam import LOG_SCALE, SEAM_FEATURES, describe_seam
from nst_pipeline.vision.harmonize.object_view import ObjectView
from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask

SAMPLE_PIXELS = 4096
"""Pixels that describe a region; quantiles of more are the same."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LOW_CHROMA_QUANTILES = (0.02, 0.1, 0.5)
SPREAD_FLOOR = 0.5
"""LAB units; keeps the logarithm of a flat region's spread finite."""
TONES = 6
"""A region's pixels are split from dark to light into so many equal parts."""
NEUTRAL_SHARE = 0.1
"""Share of a region's pixels, those of least chroma, that would be gray in neutral light."""
DETAIL_SIGMA_PX = 1.2
"""What a Gaussian of this width takes away is fine detail and noise."""

RELEVANCE = np.repeat([1.0, 0.7, 0.4, 1.0, 3.0, 3.0, 3.0], [50, 50, 50, 6, 9, 7, SEAM_FEATURES])
"""How much a difference in each feature counts: those of the object, the ring, the surroundings,
the shape of the object's colors, fine detail, the rim, the seam. Chosen by leaving photos out of
calibration: what lies far from the object says little of its colors, its own rim and seam much."""
SEAM = np.arange(len(RELEVANCE)) >= len(RELEVANCE) - SEAM_FEATURES
"""Which features are the seam's."""


Pixels = NDArray[np.float64]


def _sample(pixels: Lab) -> Pixels:
    step = -(-len(pixels) // SAMPLE_PIXELS)
    return pixels[::step].astype(np.float64)


def _spread(pixels: Pixels) -> Pixels:
    return np.asarray(pixels.std(0) + SPREAD_FLOOR, np.float64)


def _tones(pixels: Pixels) -> Pixels:
    """Mean colors from the darkest to the lightest part: a tint shows in shadows and lights."""
    order = np.argsort(pixels[:, 0], kind="stable")
    return np.concatenate([pixels[part].mean(0) for part in np.array_split(order, TONES)])


def _neutral(pixels: Pixels) -> Pixels:
    """Mean color of the pixels nearest to gray: it tells the light's color."""
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    count = max(1, round(NEUTRAL_SHARE * len(pixels)))
    return np.asarray(pixels[np.argsort(chroma, kind="stable")[:count]].mean(0))


def _region(pixels: Pixels) -> list[Pixels]:
    """What the LAB pixels of a region have in common, whatever their places."""
    spread, chroma = _spread(pixels), np.hypot(pixels[:, 1], pixels[:, 2])
    centered = (pixels - pixels.mean(0)) / spread
    correlation = centered.T @ centered / len(pixels)
    return [
        pixels.mean(0),
        np.log(spread) * LOG_SCALE,
        np.quantile(pixels, QUANTILES, axis=0).ravel(),
        correlation[[0, 0, 1], [1, 2, 2]] * LOG_SCALE,
        np.array([chroma.mean(), np.quantile(chroma, 0.95)]),
        np.quantile(chroma, LOW_CHROMA_QUANTILES),
        _tones(pixels),
        _neutral(pixels),
    ]


def _shape(pixels: Pixels) -> Pixels:
    """Skewness and kurtosis, which no affine change of colors alters."""
    centered = (pixels - pixels.mean(0)) / _spread(pixels)
    squared = centered * centered
    skewness, kurtosis = (squared * centered).mean(0), (squared * squared).mean(0)
    return np.concatenate([np.clip(skewness, -4, 4) * 5, np.clip(kurtosis, 0, 10) * 3])


def _detail(seen: ObjectView, *masks: Mask) -> list[Pixels]:
    """Log strength of each region's fine detail and noise: a change of contrast changes both."""
    fine = np.abs(seen.lab - cv2.GaussianBlur(seen.lab, (0, 0), DETAIL_SIGMA_PX))
    means = (fine[mask].mean(0).astype(np.float64) for mask in masks)
    return [np.log(mean + 0.05) * LOG_SCALE for mean in means]


def describe(seen: ObjectView) -> Pixels:
    """The features, (n,): object, ring, surroundings, rim and seam, in LAB units or so scaled."""
    inside, outside = _sample(seen.lab[seen.inside]), _sample(seen.lab[seen.outside])
    rim, ring = _sample(seen.lab[seen.rim]), _sample(seen.lab[seen.ring])
    parts = [*_region(inside), *_region(ring), *_region(outside), _shape(inside)]
    parts += _detail(seen, seen.inside, seen.ring, seen.outside)
    parts += [rim.mean(0), rim.std(0), np.array([seen.area_share * 100])]
    parts.append(describe_seam(seen.lab, seen.inside))
    return np.concatenate(parts)
