"""Put photos into another light: dusk, lamps, haze, a gray sky, and lights in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import to_display
from nst_pipeline.vision.images.color import LUMINANCE

Pixels = NDArray[np.float32]
"""(..., 3) float32, R, G and B."""
COOL, WARM = np.array([-0.33, -0.02, 0.37]), np.array([0.3, -0.08, -0.75])
"""Logarithms of the light's color at dusk and in the shade; and of lamps and the low sun."""


@dataclass(frozen=True)
class Light:
    """A light, in linear light.

    Attributes
    ----------
    gain
        (3,) factors of R, G and B: strength and color.
    gamma
        Power of light after the gain.
    contrast
        Factor of the distance from the photo's mean.
    air
        Share of the light that haze replaces.
    air_color
        (3,) the haze's light, 0..1.
    """

    gain: NDArray[np.float64]
    gamma: float = 1.0
    contrast: float = 1.0
    air: float = 0.0
    air_color: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def as_row(self, mean: float) -> NDArray[np.float32]:
        """Return the light for a photo with this mean as a row, (10,), for training."""
        rest = [self.gamma, self.contrast, self.air, *self.air_color, mean]
        return np.array([*self.gain, *rest], np.float32)


DAYLIGHT = Light(np.ones(3))
"""The light of the photo itself, whatever it is."""


def _tint(rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """Draw the logarithm of a light's color, mostly from warm to cool."""
    warmth, green = rng.normal(0, 0.32) * strength, rng.normal(0, 0.07) * strength
    return np.array([warmth, green, -1.15 * warmth])


def _light(
    rng: np.random.Generator,
    stops: tuple[float, float],
    color: NDArray[np.float64],
    contrast: tuple[float, float] = (1, 1),
    air: tuple[float, float] = (0, 0),
    gamma: tuple[float, float] = (1, 1),
) -> Light:
    tint = np.exp(color)
    tint /= tint @ LUMINANCE
    haze = rng.uniform(0.55, 0.9) * tint / tint.max() * np.exp(rng.normal(0, 0.06, 3))
    return Light(
        tint * 2 ** rng.uniform(*stops),
        rng.uniform(*gamma),
        rng.uniform(*contrast),
        rng.uniform(*air),
        (float(haze[0]), float(haze[1]), float(haze[2])),
    )


def random_light(rng: np.random.Generator) -> Light:
    """Draw a light: one of eight kinds, or a mixture of everything."""
    kinds = (
        lambda: _light(rng, (-2.8, 0), COOL * rng.uniform(0.3, 1.2)),
        lambda: _light(rng, (-2.6, 0.2), WARM * rng.uniform(0.3, 1.2)),
        lambda: _light(rng, (-0.7, 0.3), _tint(rng, 0.5), (0.6, 0.95), (0, 0.12)),
        lambda: _light(rng, (-0.3, 0.5), _tint(rng, 0.4), (0.6, 0.95), (0.1, 0.45)),
        lambda: _light(rng, (-2.8, -0.8), np.zeros(3), (0.85, 1.25)),
        lambda: _light(rng, (0.3, 1.3), np.zeros(3), (0.8, 1.05), (0, 0.06)),
        lambda: _light(rng, (-1, 0.7), _tint(rng, 1.2), (0.8, 1.3)),
        lambda: _light(rng, (0, 0), _tint(rng, 0.5), (0.85, 1.2), gamma=(0.65, 1.5)),
        lambda: _light(rng, (-2, 1), _tint(rng, 0.8), (0.75, 1.3), (0, 0.1)),
    )
    return kinds[rng.integers(len(kinds))]()


def relight(linear: Pixels, light: Light) -> tuple[Pixels, float]:
    """Put a photo into a light.

    Parameters
    ----------
    linear
        (height, width, 3) float32, linear light 0..1.
    light
        The light.

    Returns
    -------
    tuple of array and float
        The photo as it is displayed, 0..1; and the mean about which contrast was changed.
    """
    lit = linear * light.gain.astype(np.float32)
    mean = float(lit.mean())
    lit = np.clip(lit, 0, 4) ** np.float32(light.gamma)
    lit = np.maximum((lit - mean) * np.float32(light.contrast) + mean, 0)
    air = np.float32(light.air) * np.array(light.air_color, np.float32)
    return to_display(lit * np.float32(1 - light.air) + air), mean
