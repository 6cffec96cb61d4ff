"""Distort the object of a natural photo, to make the errors that a color model learns to undo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import SMALLEST_STD, ColorChange, LabStatistics
from nst_pipeline.vision.images.color import DISPLAY_GAMMA
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class SliderParameters:
    """Standard deviations of a photo editor's sliders; all but contrast act in linear light."""

    warmth: float = 0.18
    """Of the logarithm of the red gain; blue moves the other way."""
    tint: float = 0.08
    """Of the logarithm of the green gain."""
    exposure: float = 0.4
    """Of the logarithm of the gain of all channels."""
    gamma: float = 0.2
    """Of the logarithm of the exponent."""
    contrast: float = 0.25
    """Of the logarithm of the gain about middle gray."""
    saturation: float = 0.35
    """Of the logarithm of the gain of color."""


@dataclass(frozen=True)
class EnlargementParameters:
    """Ranges of the random enlargement that pastes an object over itself."""

    scale: tuple[float, float] = (1.08, 1.3)
    """Factor: the enlarged object covers the original, and its outline lies elsewhere."""
    shift_limit: float = 0.06
    """Largest shift, as a share of the object's longer side."""
    blur_px: tuple[float, float] = (0.2, 1.0)
    """Gaussian that softens the outline. Composites are reduced before they are judged, which
    softens their outlines; a model that knows only hard ones misjudges them."""


def transfer_statistics(own: LabStatistics, other: LabStatistics) -> ColorChange:
    """Give an object the mean and standard deviation of another.

    References
    ----------
    E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley, "Color Transfer between Images", IEEE Computer
    Graphics and Applications, 2001.
    """
    gain = other.std / np.maximum(own.std, SMALLEST_STD)
    return ColorChange(pivot=own.mean, gain=gain, shift=other.mean - own.mean)


def move_sliders(
    image: Rgb, rng: np.random.Generator, *, parameters: SliderParameters = SliderParameters()
) -> Rgb:
    """Edit a picture by random exposure, gamma, contrast, warmth, tint and saturation.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    rng
        Generator of the sliders' positions.
    parameters
        How far the sliders move.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.
    """
    linear = to_float(image) ** DISPLAY_GAMMA
    warmth, tint = rng.normal(0, parameters.warmth), rng.normal(0, parameters.tint)
    exposure = np.float32(rng.normal(0, parameters.exposure))
    linear *= np.exp(np.array([warmth, tint, -warmth], np.float32) + exposure)
    gamma = np.float32(np.exp(rng.normal(0, parameters.gamma)) / DISPLAY_GAMMA)
    tone = np.clip(linear, 0, 1) ** gamma
    contrast = np.float32(np.exp(rng.normal(0, parameters.contrast)))
    tone = np.clip((tone - 0.5) * contrast + 0.5, 0, 1)
    gray = cv2.cvtColor(tone, cv2.COLOR_RGB2GRAY)[..., None]
    saturation = np.float32(np.exp(rng.normal(0, parameters.saturation)))
    return to_uint8(gray + (tone - gray) * saturation)


def enlarge(
    image: Rgb,
    matte: Matte,
    rng: np.random.Generator,
    *,
    parameters: EnlargementParameters = EnlargementParameters(),
) -> tuple[Rgb, Matte]:
    """Paste an object over itself, enlarged and shifted: a composite in natural colors.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    rng
        Generator of scale, shift and blur.
    parameters
        Ranges of scale, shift and blur.

    Returns
    -------
    tuple of Rgb and Matte
        The composite and its matte, of the same size.
    """
    height, width = matte.shape
    box, scale = object_box(matte), rng.uniform(*parameters.scale)
    center = np.array([box.x + box.width / 2, box.y + box.height / 2])
    limit = parameters.shift_limit
    shift = rng.uniform(-limit, limit, 2) * max(box.width, box.height)
    matrix = np.column_stack([np.eye(2) * scale, (1 - scale) * center + shift])
    larger = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved_matte = cv2.warpAffine(matte, matrix, (width, height), flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(moved_matte, (0, 0), rng.uniform(*parameters.blur_px))
    pasted = np.asarray(np.clip(soft, 0, 1), np.float32)
    return recompose(image, pasted, np.asarray(larger, np.uint8)), pasted
