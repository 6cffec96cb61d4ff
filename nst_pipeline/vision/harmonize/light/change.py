"""A change of the light on an object: a few bounded numbers of a physical model.

The light's strength and color multiply linear light, as an illuminant does. Contrast is a power of
luminance about the object's own mean, a gentle tone curve. Saturation scales the distance from
gray. Haze adds light of one color over everything. No number reaches a single pixel or hue alone,
so nothing blotches, and an object keeps its own colors under the light.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import LUMINANCE, Lab
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class LightLimits:
    """Largest change, in each direction. The built-in model was trained with the defaults."""

    exposure: float = 2.6
    """Of the logarithm of light: 3.75 stops."""
    warmth: float = 0.9
    """Of the logarithm of red, and of blue, beside exposure."""
    tint: float = 0.35
    """Of the logarithm of green, beside exposure."""
    contrast: float = 0.7
    """Of the logarithm of the power of luminance."""
    saturation: float = 0.7
    """Of the logarithm of the factor."""
    haze: float = 0.35
    """Of the light that haze adds, as a share of the display's range."""
    tone_factor: float = 10.0
    """Largest factor, up or down, by which contrast changes a pixel."""
    darkest: float = 1e-5
    """Luminance that is not told from black."""

    @property
    def of_numbers(self) -> NDArray[np.float64]:
        """The limits of a change as an array, (9,)."""
        balance = [self.warmth, self.tint, self.warmth]
        return np.array(
            [self.exposure, *balance, self.contrast, self.saturation, *[self.haze] * 3], np.float64
        )


LIMITS = LightLimits()
_STRIP_ROWS = 128
"""Large pictures are changed in strips: on all cores, and without a copy in floating point."""


@dataclass(frozen=True)
class LightChange:
    """A change of light.

    Attributes
    ----------
    pivot
        The object's mean logarithm of luminance before the change, natural; contrast keeps it.
    exposure
        Natural logarithm of the factor of light.
    balance
        (3,) float64, natural logarithms of further factors of R, G and B.
    contrast
        Natural logarithm of the power of luminance; 0 for none.
    saturation
        Natural logarithm of the factor of the distance from gray.
    haze
        (3,) float64, display values 0..1 that black becomes, for R, G and B; negative values
        deepen the shadows.
    """

    pivot: float
    exposure: float
    balance: NDArray[np.float64]
    contrast: float
    saturation: float
    haze: NDArray[np.float64]

    @classmethod
    def from_numbers(
        cls, numbers: NDArray[Any], pivot: float, *, limits: LightLimits = LIMITS
    ) -> LightChange:
        """Make a change from nine numbers of any size, each bent softly below its limit."""
        bound = limits.of_numbers
        ev, *rest = bound * np.tanh(np.asarray(numbers, np.float64) / bound)
        return cls(pivot, float(ev), np.array(rest[:3]), rest[3], rest[4], np.array(rest[5:]))

    def scaled(self, share: float) -> LightChange:
        """Return a share, 0..1, of this change."""
        return replace(
            self,
            exposure=self.exposure * share,
            balance=self.balance * share,
            contrast=self.contrast * share,
            saturation=self.saturation * share,
            haze=self.haze * share,
        )

    def apply_to_linear(
        self, linear: NDArray[np.float32], *, limits: LightLimits = LIMITS
    ) -> NDArray[np.float32]:
        """Return linear light, (..., 3) float32, after the change; haze is left to `_hazed`."""
        lit = linear * np.exp(self.exposure + self.balance).astype(np.float32)
        luminance = lit @ LUMINANCE.astype(np.float32)
        luminance = np.maximum(luminance, np.float32(limits.darkest))
        if self.contrast:
            relative = luminance / np.float32(np.exp(self.pivot + self.exposure))
            factor = relative ** np.float32(np.exp(self.contrast) - 1)
            largest = np.float32(limits.tone_factor)
            factor = np.asarray(np.clip(factor, 1 / largest, largest), np.float32)
            lit, luminance = lit * factor[..., None], luminance * factor
        gray = luminance[..., None]
        return np.asarray(gray + np.float32(np.exp(self.saturation)) * (lit - gray), np.float32)

    def _hazed(self, display: NDArray[np.float32]) -> NDArray[np.float32]:
        haze = self.haze.astype(np.float32)
        return np.asarray(display * (1 - np.maximum(haze, 0)) + haze, np.float32)

    def apply_to_lab(self, lab: Lab) -> Lab:
        """Return LAB values, (..., 3) float32, after the change, clipped to sRGB."""
        flat = np.ascontiguousarray(lab.reshape(1, -1, 3), np.float32)
        linear = np.asarray(cv2.cvtColor(flat, cv2.COLOR_Lab2LRGB), np.float32)
        shown = np.clip(self._hazed(to_display(self.apply_to_linear(linear))), 0, 1)
        return np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2Lab).reshape(lab.shape), np.float32)

    def apply(self, image: Rgb) -> Rgb:
        """Return a picture, (height, width, 3) uint8 RGB, with every pixel changed."""
        changed = np.empty_like(image)

        def change_rows(first: int) -> None:
            rows = slice(first, first + _STRIP_ROWS)
            shown = self._hazed(to_display(self.apply_to_linear(_LINEAR[image[rows]])))
            changed[rows] = np.clip(shown * 255 + 0.5, 0, 255).astype(np.uint8)

        with ThreadPoolExecutor(cv2.getNumThreads()) as pool:
            list(pool.map(change_rows, range(0, len(image), _STRIP_ROWS)))
        return changed


def to_linear(display: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert sRGB values, 0..1, to linear light (IEC 61966-2-1)."""
    low, high = display / 12.92, ((display + 0.055) / 1.055) ** 2.4
    return np.where(display <= 0.04045, low, high).astype(np.float32)


def to_display(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert linear light, clipped to 0..1, to sRGB values (IEC 61966-2-1)."""
    position = np.clip(linear, 0, 1) ** np.float32(1 / _CURVE_POWER) * np.float32(_CURVE_STEPS)
    below = np.minimum(position.astype(np.int32), _CURVE_STEPS - 1)
    share = position - below
    return np.asarray(_CURVE[below] * (1 - share) + _CURVE[below + 1] * share, np.float32)


_LINEAR = to_linear(np.linspace(0, 1, 256, dtype=np.float32))
"""Linear light of the 8-bit values."""
_CURVE_STEPS, _CURVE_POWER = 4096, 2
"""The display's curve is read from a table over the square root of light, with an error below a
thousandth of an 8-bit step: a third of the time of the power itself."""


def _curve() -> NDArray[np.float32]:
    linear = (np.arange(_CURVE_STEPS + 1) / _CURVE_STEPS) ** _CURVE_POWER
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curve.astype(np.float32)


_CURVE = _curve()
