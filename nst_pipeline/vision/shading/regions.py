"""Cut a scene into evenly colored regions, and compare the light on both sides of their borders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import DISPLAY_GAMMA, LUMINANCE, Lab, to_lab
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shading.ground import Ground
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class RegionParameters:
    """How regions and their borders are found."""

    scale: float = 60.0
    """Felzenszwalb's scale, on LAB units divided by 100: larger regions for larger values."""
    smallest_px: int = 40
    """Smallest region, pixels."""
    segment_blur_px: float = 0.6
    """Standard deviation of the segmentation's own blur."""
    bilateral: tuple[int, float, float] = (5, 30.0, 3.0)
    """Diameter, and standard deviations of color and distance, of the filter that removes grain but
    keeps borders."""
    log_floor: float = 0.004
    """Linear light that is added before logarithms: below it, a photo is noise."""
    light_blur_px: float = 0.8
    """Standard deviation of the blur before light is compared."""
    far_px: int = 3
    """Distance from a border at which the light on both sides is compared."""
    near_px: int = 1
    """The same, for the border's sharpness."""


@dataclass(frozen=True)
class Borders:
    """Borders between regions, each with the darker region first; arrays of one row a border.

    Attributes
    ----------
    dark, bright
        Numbers of the two regions.
    ratio
        (n, 3): logarithm of the ratio of their linear light next to the border, R, G and B.
    spread
        Standard deviation of the luminance's ratio along the border.
    sharpness
        Share of the difference that lies within two pixels.
    length
        Pixels.
    """

    dark: NDArray[np.intp]
    bright: NDArray[np.intp]
    ratio: NDArray[np.float64]
    spread: NDArray[np.float64]
    sharpness: NDArray[np.float64]
    length: NDArray[np.float64]

    @property
    def depth(self) -> NDArray[np.float64]:
        """Logarithm of the ratio of luminance; negative."""
        return np.asarray(self.ratio @ LUMINANCE)


@dataclass(frozen=True)
class Regions:
    """A reduced scene and its regions.

    Attributes
    ----------
    labels
        (h, w) integers: the number of each pixel's region.
    lab
        (h, w, 3) float32.
    light
        (h, w, 3): logarithm of linear light, R, G and B, slightly blurred.
    borders
        Between the regions.
    area
        Of each region, pixels.
    color
        (regions, 3): mean LAB color.
    ground
        Mean confidence that each region is ground.
    below
        Share of each region that lies below the horizon.
    horizon
        Row of the horizon.
    """

    labels: NDArray[np.intp]
    lab: Lab
    light: NDArray[np.float64]
    borders: Borders
    area: NDArray[np.float64]
    color: NDArray[np.float64]
    ground: NDArray[np.float64]
    below: NDArray[np.float64]
    horizon: float


def _segment(image: Rgb, parameters: RegionParameters) -> NDArray[np.intp]:
    from skimage.segmentation import felzenszwalb

    smooth = np.asarray(cv2.bilateralFilter(image, *parameters.bilateral), np.uint8)
    labels = felzenszwalb(
        to_lab(smooth) / 100,
        scale=parameters.scale,
        sigma=parameters.segment_blur_px,
        min_size=parameters.smallest_px,
        channel_axis=-1,
    )
    return np.asarray(labels, np.intp)


def _differences(
    labels: NDArray[np.intp], light: NDArray[np.float64], distance: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Compare pixels on both sides of borders: pairs of regions (n, 2), and differences (n, 3)."""
    pairs, differences = [], []
    for axis in (0, 1):
        first = np.arange(labels.shape[axis] - 2 * distance)
        a, b = (np.take(labels, first + step, axis) for step in (0, 2 * distance))
        apart = a != b
        rise = np.take(light, first + 2 * distance, axis) - np.take(light, first, axis)
        pairs.append(np.stack([a[apart], b[apart]], 1))
        differences.append(rise[apart])
    both, rises = np.concatenate(pairs), np.concatenate(differences)
    swapped = both[:, 0] > both[:, 1]
    return np.sort(both, 1), np.where(swapped[:, None], -rises, rises)


def _borders(
    labels: NDArray[np.intp], light: NDArray[np.float64], parameters: RegionParameters
) -> Borders:
    count = int(labels.max()) + 1
    pairs, rises = _differences(labels, light, parameters.far_px)
    codes, owner, hits = np.unique(
        pairs[:, 0] * count + pairs[:, 1], return_inverse=True, return_counts=True
    )
    mean = np.stack([np.bincount(owner, rises[:, c], len(codes)) / hits for c in range(3)], 1)
    luminance, rise = rises @ LUMINANCE, mean @ LUMINANCE
    spread = np.sqrt(np.maximum(np.bincount(owner, luminance**2) / hits - rise**2, 0))
    close, steps = _differences(labels, light, parameters.near_px)
    near = np.searchsorted(codes, close[:, 0] * count + close[:, 1])
    known = codes[np.minimum(near, len(codes) - 1)] == close[:, 0] * count + close[:, 1]
    total = np.bincount(near[known], (steps @ LUMINANCE)[known], len(codes))
    steep = total / np.maximum(np.bincount(near[known], minlength=len(codes)), 1)
    falls = rise < 0
    low, high = codes // count, codes % count
    return Borders(
        dark=np.where(falls, high, low),
        bright=np.where(falls, low, high),
        ratio=np.where(falls[:, None], mean, -mean),
        spread=spread,
        sharpness=np.abs(steep) / np.maximum(np.abs(rise), 1e-6),
        length=hits / (2 * parameters.far_px),
    )


def region_means(labels: NDArray[np.intp], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Average values, (h, w) or (h, w, channels), over each region."""
    flat = labels.ravel()
    area = np.maximum(np.bincount(flat), 1)
    if values.ndim == 2:
        return np.asarray(np.bincount(flat, values.ravel()) / area)
    channels = range(values.shape[2])
    return np.stack([np.bincount(flat, values[..., c].ravel()) / area for c in channels], 1)


def find_regions(
    image: Rgb, ground: Ground, *, parameters: RegionParameters = RegionParameters()
) -> Regions:
    """Cut a reduced scene into regions.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB.
    ground
        The scene's ground, from `estimate_ground`.
    parameters
        How regions and borders are found.

    Returns
    -------
    Regions

    References
    ----------
    Felzenszwalb, Huttenlocher, "Efficient Graph-Based Image Segmentation", 2004.
    """
    height, width = image.shape[:2]
    labels, lab = _segment(image, parameters), to_lab(image)
    light = np.log((image / 255.0) ** DISPLAY_GAMMA + parameters.log_floor)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), parameters.light_blur_px), np.float64)
    confidence = resize(ground.confidence, width, height)
    horizon = ground.horizon * height
    below = np.repeat(np.arange(height)[:, None] >= horizon, width, 1).astype(np.float64)
    return Regions(
        labels=labels,
        lab=lab,
        light=light,
        borders=_borders(labels, light, parameters),
        area=np.bincount(labels.ravel()).astype(np.float64),
        color=region_means(labels, lab),
        ground=region_means(labels, confidence),
        below=region_means(labels, below),
        horizon=horizon,
    )
