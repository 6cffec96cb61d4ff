"""Show a whole picture in another light, or in one tone: looks that a scene may have.

Every look is a function of single pixels, so that scene and object can be changed apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import LUMINANCE
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.shapes import Rgb

Range = tuple[float, float]
Levels = NDArray[np.float64]


def to_linear(image: Rgb) -> Levels:
    """Convert sRGB to linear light, 0..1, by the standard's curve (IEC 61966-2-1)."""
    levels = to_float(image).astype(np.float64)
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def to_display(light: Levels) -> Rgb:
    """Convert linear light to sRGB; light out of range is clipped."""
    kept = np.clip(light, 0, 1)
    return to_uint8(np.where(kept <= 0.0031308, 12.92 * kept, 1.055 * kept ** (1 / 2.4) - 0.055))


@dataclass(frozen=True)
class LightKind:
    """A kind of light, relative to daylight; all numbers act in linear light.

    Attributes
    ----------
    stops
        Range of the exposure.
    tint
        Gains of R, G and B where the color is strongest.
    contrast
        Range of the factor about the photo's mean.
    airlight
        Range of the share of light that comes from haze.
    """

    stops: Range
    tint: tuple[float, float, float] = (1, 1, 1)
    contrast: Range = (0.9, 1.1)
    airlight: Range = (0, 0)


LIGHTS = {
    "dusk": LightKind((-2.6, -1.4), (0.72, 0.95, 1.45)),
    "lamp": LightKind((-2.4, -1.2), (1.35, 0.85, 0.45), (0.95, 1.2)),
    "tungsten": LightKind((-0.8, 0.2), (1.25, 0.9, 0.5)),
    "overcast": LightKind((-0.6, 0.2), (0.9, 1, 1.15), (0.7, 0.9), (0.02, 0.08)),
    "haze": LightKind((-0.2, 0.4), (0.97, 1, 1.05), (0.6, 0.85), (0.15, 0.4)),
    "low sun": LightKind((-0.8, 0.3), (1.3, 0.9, 0.55), (1.05, 1.3), (0, 0.03)),
    "low key": LightKind((-2.5, -1.2), contrast=(0.9, 1.2)),
    "high key": LightKind((0.5, 1.2), contrast=(0.8, 1), airlight=(0, 0.05)),
}
COLOR_STRENGTH = (0.6, 1.0)
"""Range of the share of a light's tint that is seen."""
AIRLIGHT_LEVEL = 0.75
"""Linear light of haze without end, of the range of the display."""


@dataclass(frozen=True)
class Light:
    """One light: linear light becomes (pivot + contrast (gain x - pivot)) (1 - share) + air."""

    gain: Levels
    contrast: float
    pivot: float
    airlight_share: float
    airlight: Levels

    def on(self, image: Rgb) -> Rgb:
        """Show a picture, (..., 3) uint8 RGB, in this light."""
        lit = self.pivot + self.contrast * (to_linear(image) * self.gain - self.pivot)
        return to_display(np.maximum(lit, 0) * (1 - self.airlight_share) + self.airlight)


def draw_light(kind: LightKind, photo: Rgb, rng: np.random.Generator) -> Light:
    """Draw a light of this kind for a photo, whose mean is the pivot of contrast."""
    tint = 1 + (np.array(kind.tint) - 1) * rng.uniform(*COLOR_STRENGTH)
    gain = tint / (LUMINANCE @ tint) * 2 ** rng.uniform(*kind.stops)
    pivot = float((to_linear(photo) * gain).mean())
    contrast, share = rng.uniform(*kind.contrast), rng.uniform(*kind.airlight)
    return Light(gain, contrast, pivot, share, share * AIRLIGHT_LEVEL * tint / tint.max())


@dataclass(frozen=True)
class Tone:
    """A tone: color follows from gray alone.

    Attributes
    ----------
    weights
        Of R, G and B in gray.
    dark, light
        sRGB of black and white, 0..1.
    power
        By channel, of gray: what bends the way from `dark` to `light`.
    """

    weights: Levels
    dark: Levels
    light: Levels
    power: Levels

    def on(self, image: Rgb) -> Rgb:
        """Show a picture, (..., 3) uint8 RGB, in this tone."""
        gray = np.clip(to_float(image) @ self.weights, 0, 1)[..., None]
        return to_uint8(self.dark + (self.light - self.dark) * gray**self.power)


TONES = ("black-and-white", "sepia", "duotone", "infrared")
INFRARED_WEIGHTS = np.array([0.9, 0.7, -0.6])
"""Leaves are bright and the sky is dark in infrared light: about yellow minus blue."""
SEPIA_POWER = np.array([0.75, 1.0, 1.35])


def _color(hue_degrees: float, saturation: float, value: float) -> Levels:
    hsv = np.array([[[hue_degrees % 360, saturation, value]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0], np.float64)


def draw_tone(kind: str, rng: np.random.Generator) -> Tone:
    """Draw a tone of a kind in `TONES`: film, paper and inks differ."""
    weights = INFRARED_WEIGHTS if kind == "infrared" else rng.dirichlet([4, 6, 2])
    dark, light = np.full(3, rng.uniform(0, 0.08)), np.full(3, rng.uniform(0.92, 1))
    if kind == "sepia":
        return Tone(weights, dark, light, SEPIA_POWER ** rng.uniform(0.5, 1))
    if kind == "duotone":
        hue = rng.uniform(0, 360)
        dark = _color(hue, rng.uniform(0.4, 0.9), 0.3)
        light = _color(hue + rng.uniform(90, 270), rng.uniform(0.1, 0.35), 1)
    return Tone(weights, dark, light, np.ones(3))
