"""Give a pasted object the grain of a grainy scene."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

Lightness = NDArray[np.float32]
"""(height, width), LAB's L, 0..100."""


@dataclass(frozen=True)
class GrainParameters:
    """How grain is measured and added."""

    block_px: int = 8
    """Side of the blocks in which noise is measured."""
    calm_quantile: float = 0.05
    """Quantile of the blocks' noise that counts as grain: busier blocks also contain texture."""
    fewest_blocks: int = 8
    """A region with fewer blocks is not measured."""
    smallest_ratio: float = 3.0
    """Smallest ratio of the scene's grain to the object's that is matched. In 97 of 100 photos the
    calmest parts of object and scene differ by less."""
    smallest_grain: float = 0.5
    """Lightness units; less is not visible."""
    largest_grain: float = 3.0
    """Lightness units; more is texture, not grain."""
    sigma_px: float = 0.5
    """Gaussian that correlates neighboring pixels, as cameras do by interpolating colors."""


GRAIN = GrainParameters()

_FINE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Filter that does not respond to edges and slopes: its response in a calm block is noise."""
_TO_SIGMA = float(np.sqrt(np.pi / 2) / 6)
"""Factor from the filter's mean absolute response to the standard deviation of the noise."""


def _block_means(values: Lightness, block_px: int) -> Lightness:
    height, width = (side // block_px for side in values.shape)
    whole = values[: height * block_px, : width * block_px]
    return np.asarray(whole.reshape(height, block_px, width, block_px).mean((1, 3)), np.float32)


def measure_grain(
    lightness: Lightness, *masks: Mask, parameters: GrainParameters = GRAIN
) -> list[float | None]:
    """Measure the noise of each region, in its calmest blocks.

    Parameters
    ----------
    lightness
        (height, width) float32, LAB's L.
    *masks
        (height, width) bool, the regions.
    parameters
        How grain is measured.

    Returns
    -------
    list of float or None
        Standard deviations, lightness units; None for a region with too few blocks.

    References
    ----------
    J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding, 1996.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(50, 2, (256, 256)).astype(np.float32)
    >>> grain, = measure_grain(noise, np.ones((256, 256), bool))
    >>> 1 < grain < 2
    True
    """
    block_px = parameters.block_px
    noise = _block_means(np.abs(cv2.filter2D(lightness, cv2.CV_32F, _FINE)), block_px)

    def calmest(mask: Mask) -> float | None:
        inner = cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8))
        within = _block_means(inner.astype(np.float32), block_px) == 1
        if within.sum() < parameters.fewest_blocks:
            return None
        return _TO_SIGMA * float(np.quantile(noise[within], parameters.calm_quantile))

    return [calmest(mask) for mask in masks]


def _missing_grain(
    lightness: Lightness, inside: Mask, outside: Mask, parameters: GrainParameters
) -> float:
    """Return the grain to add to the object, lightness units; 0 if it has enough."""
    own, around = measure_grain(lightness, inside, outside, parameters=parameters)
    if own is None or around is None or around < parameters.smallest_ratio * own:
        return 0.0
    missing = float(np.sqrt(around**2 - own**2))
    return min(missing, parameters.largest_grain) if missing >= parameters.smallest_grain else 0.0


def _noise(shape: tuple[int, ...], sigma_px: float, seed: int) -> Lightness:
    """Make seeded noise whose grain `measure_grain` measures as 1."""
    white = np.random.default_rng(seed).standard_normal(shape, np.float32)
    soft = cv2.GaussianBlur(white, (0, 0), sigma_px)
    return np.asarray(soft / (_TO_SIGMA * np.abs(cv2.filter2D(soft, cv2.CV_32F, _FINE)).mean()))


def match_grain(
    image: Rgb, matte: Matte, *, seed: int = 0, parameters: GrainParameters = GRAIN
) -> Rgb:
    """Add grain to an object that is much cleaner than its surroundings.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    seed
        Seed of the grain; the same seed gives the same bytes.
    parameters
        How grain is measured and added.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB; the image itself if nothing has to change.
    """
    part, inside, outside = object_surroundings(matte)
    lab = to_lab(image[part])
    missing = _missing_grain(lab[..., 0], inside, outside, parameters)
    if missing == 0:
        return image
    lab[..., 0] += missing * _noise(lab.shape[:2], parameters.sigma_px, seed)
    grainy = image.copy()
    grainy[part] = to_rgb(lab)
    return recompose(image, matte, grainy)
