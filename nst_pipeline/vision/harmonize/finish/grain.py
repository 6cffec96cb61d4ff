"""Give a pasted object the grain of a grainy scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

Lightness = NDArray[np.float32]
"""(height, width), LAB's L, 0..100."""

BLOCK_PX = 8
CALM_QUANTILE = 0.05
"""Grain is read where a region is calmest: elsewhere it cannot be told from texture."""
FEWEST_BLOCKS = 8
LEAST_RATIO = 3.0
"""In 97 of 100 photos the calmest parts of object and scene differ by less than this."""
LEAST_GRAIN, MOST_GRAIN = 0.5, 3.0
"""Lightness units; less is not seen, more is texture, not grain."""
SIGMA_PX = 0.5
"""Neighboring pixels share some grain, since cameras interpolate their sensors' colors."""
_FINE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Blind to edges and slopes: what it sees in a calm block is noise."""
_TO_SIGMA = float(np.sqrt(np.pi / 2) / 6)


def _block_means(values: Lightness) -> Lightness:
    height, width = (side // BLOCK_PX for side in values.shape)
    whole = values[: height * BLOCK_PX, : width * BLOCK_PX]
    return np.asarray(whole.reshape(height, BLOCK_PX, width, BLOCK_PX).mean((1, 3)), np.float32)


def grains(lightness: Lightness, *masks: Mask) -> list[float | None]:
    """Standard deviation of the noise in each region's calmest blocks; None where too few.

    Args:
        lightness: (height, width) float32, LAB's L.
        masks: (height, width) bool; the regions.

    Source: Immerkær, "Fast Noise Variance Estimation", 1996.
    """
    noise = _block_means(np.abs(cv2.filter2D(lightness, cv2.CV_32F, _FINE)))

    def calmest(mask: Mask) -> float | None:
        inner = cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8))
        within = _block_means(inner.astype(np.float32)) == 1
        if within.sum() < FEWEST_BLOCKS:
            return None
        return _TO_SIGMA * float(np.quantile(noise[within], CALM_QUANTILE))

    return [calmest(mask) for mask in masks]


def _missing_grain(lightness: Lightness, inside: Mask, outside: Mask) -> float:
    """The grain to be added to the object, lightness units; 0 where it has enough."""
    own, around = grains(lightness, inside, outside)
    if own is None or around is None or around < LEAST_RATIO * own:
        return 0.0
    missing = float(np.sqrt(around**2 - own**2))
    return min(missing, MOST_GRAIN) if missing >= LEAST_GRAIN else 0.0


def _noise(shape: tuple[int, ...], seed: int) -> Lightness:
    """Fixed noise that `grain` measures as 1."""
    white = np.random.default_rng(seed).standard_normal(shape, np.float32)
    soft = cv2.GaussianBlur(white, (0, 0), SIGMA_PX)
    return np.asarray(soft / (_TO_SIGMA * np.abs(cv2.filter2D(soft, cv2.CV_32F, _FINE)).mean()))


def match_grain(image: Rgb, matte: Matte, *, seed: int = 0) -> Rgb:
    """Add grain to an object that is much cleaner than what surrounds it.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, no byte changes.
        seed: of the grain; the same seed gives the same bytes.
    """
    part, inside, outside = object_surroundings(matte)
    lab = to_lab(image[part])
    missing = _missing_grain(lab[..., 0], inside, outside)
    if missing == 0:
        return image
    lab[..., 0] += missing * _noise(lab.shape[:2], seed)
    grainy = image.copy()
    grainy[part] = to_rgb(lab)
    return recompose(image, matte, grainy)
