"""Change the object of a real photo: the mistakes that a harmonizer learns to undo."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import SMALLEST_STD, ColorChange, LabStatistics
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Matte, Rgb

ENLARGED_LEAST, ENLARGED_MOST = 1.08, 1.3
"""An object enlarged so much covers itself, and its outline lies elsewhere in the scene."""
MOVED_MOST = 0.06
"""Share of the object's longer side by which it is moved besides."""
SOFT_LEAST, SOFT_MOST = 0.2, 1.0
"""Pixels by which its outline is softened: composites are seen reduced, and their outlines with
them. Taught by hard ones alone, a model takes real composites for something between."""


def toward(own: LabStatistics, other: LabStatistics) -> ColorChange:
    """The full statistics transfer (Reinhard et al. 2001): the object takes another's colors."""
    gain = other.std / np.maximum(own.std, SMALLEST_STD)
    return ColorChange(pivot=own.mean, gain=gain, shift=other.mean - own.mean)


def slide(image: Rgb, rng: np.random.Generator) -> Rgb:
    """A photo editor's sliders at random: exposure, gamma, contrast, warmth, tint, saturation."""
    linear = to_float(image) ** 2.2
    warmth, tint = rng.normal(0, 0.18), rng.normal(0, 0.08)
    linear *= np.exp(np.array([warmth, tint, -warmth], np.float32) + np.float32(rng.normal(0, 0.4)))
    tone = np.clip(linear, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.2)) / 2.2)
    contrast = np.float32(np.exp(rng.normal(0, 0.25)))
    tone = np.clip((tone - 0.5) * contrast + 0.5, 0, 1)
    gray = cv2.cvtColor(tone, cv2.COLOR_RGB2GRAY)[..., None]
    saturation = np.float32(np.exp(rng.normal(0, 0.35)))
    return to_uint8(gray + (tone - gray) * saturation)


def enlarge(image: Rgb, matte: Matte, rng: np.random.Generator) -> tuple[Rgb, Matte]:
    """Paste the object, enlarged and a little moved, over itself: a composite of natural colors.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.

    Returns:
        The composite and its matte, of the same size.
    """
    height, width = matte.shape
    box, scale = object_box(matte), rng.uniform(ENLARGED_LEAST, ENLARGED_MOST)
    center = np.array([box.x + box.width / 2, box.y + box.height / 2])
    moved = rng.uniform(-MOVED_MOST, MOVED_MOST, 2) * max(box.width, box.height)
    matrix = np.column_stack([np.eye(2) * scale, (1 - scale) * center + moved])
    larger = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved_matte = cv2.warpAffine(matte, matrix, (width, height), flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(moved_matte, (0, 0), rng.uniform(SOFT_LEAST, SOFT_MOST))
    pasted = np.asarray(np.clip(soft, 0, 1), np.float32)
    return recompose(image, pasted, np.asarray(larger, np.uint8)), pasted
