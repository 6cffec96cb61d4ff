"""Read the sky: whether it is overcast, and on which side it is brighter."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.images.color import DISPLAY_GAMMA, LUMINANCE, Lab, to_lab
from nst_pipeline.vision.shapes import Mask, Rgb

_SOBEL_GAIN = 8
"""Sum of the positive weights of OpenCV's 3 x 3 Sobel kernel, times the two-pixel distance."""


@dataclass(frozen=True)
class SkyParameters:
    """What counts as sky, and what it tells. LAB units: lightness 0..100, white point D65."""

    blur_px: float = 1.2
    steepest: float = 2.5
    """Largest color gradient in the sky, LAB units per pixel."""
    darkest: float = 35.0
    """Least lightness of a sky in daylight."""
    lowest: float = 0.75
    """Of the height: no sky is looked for below."""
    visible: float = 0.02
    """Of the picture's area: a smaller sky says nothing about the weather."""
    blue: float = -5.0
    """Largest mean b* of a sky that is not overcast."""
    side_area: float = 0.1
    """Of the picture's area: least sky that tells from which side the sun shines."""
    side_spread: float = 0.45
    """Least standard deviation of its columns, from -1 to 1: it is seen on both sides."""
    roughest: float = 0.06
    """Largest standard deviation of a clear sky around a smooth fit, log units of luminance."""
    slope: tuple[float, float] = (0.12, 0.25)
    """Rise of the logarithm of luminance from the middle to the edge, at which a side becomes
    likely, and sure."""
    least_contrast: float = 2.0
    """Least ratio of that rise to the deviation from the fit."""


@dataclass(frozen=True)
class Sky:
    """What a scene's sky tells about its light.

    Attributes
    ----------
    overcast
        Whether the sky is visible and not blue: the sun then casts no shadow.
    side
        Side from which the sun shines: -1 (left) to 1 (right), with its size as confidence; 0 if
        unknown.
    """

    overcast: bool
    side: float


def _sky_mask(lab: Lab, parameters: SkyParameters) -> Mask:
    """Mark what is smooth and bright and reaches the picture's top."""
    smooth = cv2.GaussianBlur(lab, (0, 0), parameters.blur_px)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    gradient = np.sqrt((across**2 + down**2).sum(2)) / _SOBEL_GAIN
    even = (gradient < parameters.steepest) & (lab[..., 0] > parameters.darkest)
    core = cv2.erode(even.astype(np.uint8), np.ones((3, 3), np.uint8))
    core[int(parameters.lowest * len(core)) :] = 0
    _, parts = cv2.connectedComponents(core, connectivity=4)
    at_top = np.unique(parts[:3])
    sky = np.isin(parts, at_top[at_top > 0]).astype(np.uint8)
    return cv2.dilate(sky, np.ones((3, 3), np.uint8)).astype(np.bool_)


def _brighter_side(image: Rgb, sky: Mask, parameters: SkyParameters) -> float:
    """Fit a plane, bent downward, to the sky's luminance; return its side, -1 to 1."""
    height, width = sky.shape
    rows, columns = np.nonzero(sky)
    x, y = 2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1
    if sky.mean() < parameters.side_area or x.std() < parameters.side_spread:
        return 0.0
    linear = (image[sky] / 255.0) ** DISPLAY_GAMMA @ LUMINANCE
    light = np.log(linear + 0.004)
    terms = np.stack([x, y, y**2, np.ones_like(x)], 1)
    fit, *_ = np.linalg.lstsq(terms, light, rcond=None)
    rough, slope = float((light - terms @ fit).std()), float(fit[0])
    if rough > parameters.roughest or abs(slope) < parameters.least_contrast * rough:
        return 0.0
    low, high = parameters.slope
    return float(np.sign(slope) * np.clip((abs(slope) - low) / (high - low), 0, 1))


def read_sky(image: Rgb, *, parameters: SkyParameters = SkyParameters()) -> Sky:
    """Read a scene's sky.

    A clear sky is brighter toward the sun. Clouds say nothing about its side.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB; the limits suit a longest side of 256 pixels.
    parameters
        What counts as sky.

    Returns
    -------
    Sky

    References
    ----------
    Lalonde, Efros, Narasimhan, "Estimating the Natural Illumination Conditions from a Single
    Outdoor Image", 2012 (the idea of reading the sky).

    Examples
    --------
    >>> scene = np.full((120, 160, 3), (90, 110, 60), np.uint8)
    >>> scene[:60] = (120, 160, 220)
    >>> read_sky(scene)
    Sky(overcast=False, side=0.0)
    >>> scene[:60] = 225
    >>> read_sky(scene).overcast
    True
    """
    lab = to_lab(image)
    sky = _sky_mask(lab, parameters)
    seen = sky.mean() > parameters.visible
    overcast = bool(seen and lab[..., 2][sky].mean() > parameters.blue)
    return Sky(overcast, _brighter_side(image, sky, parameters) if seen else 0.0)
