"""Recolour the object of a real photo: the mistakes that a harmonizer learns to undo."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.colour import (
    SMALLEST_SPREAD,
    ColourChange,
    LabStatistics,
)
from nst_pipeline.vision.shapes import Rgb


def towards(own: LabStatistics, other: LabStatistics) -> ColourChange:
    """The full statistics transfer (Reinhard et al. 2001): the object takes another's colours."""
    gain = other.spread / np.maximum(own.spread, SMALLEST_SPREAD)
    return ColourChange(pivot=own.mean, gain=gain, shift=other.mean - own.mean)


def slide(image: Rgb, rng: np.random.Generator) -> Rgb:
    """A photo editor's sliders at random: exposure, gamma, contrast, warmth, tint, saturation."""
    linear = (image.astype(np.float32) / 255) ** 2.2
    warmth, tint = rng.normal(0, 0.18), rng.normal(0, 0.08)
    linear *= np.exp(np.array([warmth, tint, -warmth], np.float32) + np.float32(rng.normal(0, 0.4)))
    tone = np.clip(linear, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.2)) / 2.2)
    contrast = np.float32(np.exp(rng.normal(0, 0.25)))
    tone = np.clip((tone - 0.5) * contrast + 0.5, 0, 1)
    grey = cv2.cvtColor(tone, cv2.COLOR_RGB2GRAY)[..., None]
    saturation = np.float32(np.exp(rng.normal(0, 0.35)))
    return np.rint(np.clip(grey + (tone - grey) * saturation, 0, 1) * 255).astype(np.uint8)
