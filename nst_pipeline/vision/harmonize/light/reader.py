"""Read the light of a scene around an object: a small network on statistics of its colors.

It answers: by which change of light would a photo in plain daylight look like this one? The answer
is the expected one, so where a scene does not tell, it is near none. The difference of two
scenes' readings is the change that an object needs when it moves from one into the other.
`training/light` trained it; docs/models.md has its card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.dense import DenseNetwork, load_dense
from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear
from nst_pipeline.vision.harmonize.light.description import Colors, describe_light
from nst_pipeline.vision.harmonize.light.regions import surroundings, whole_picture
from nst_pipeline.vision.images.color import LUMINANCE, Lab
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

Reading = tuple[float, ...]
"""The light of a scene, nine numbers as `LightChange.from_numbers` takes them."""

_FILE = Path(__file__).with_name("reader.npz")
_DECIMALS = 4
_HAZE = slice(6, 9)
"""Numbers of a reading that are haze."""
_ADDED_HAZE_SHARE = 0.5
"""Share of the haze in which a scene exceeds the object's photo that the object gets: lifted blacks
are seen first, and what stands before haze has less of it than what lies behind."""
_BLACK_QUANTILE = 0.02
"""Of an object's display values: its blacks. Haze is not taken from it beyond them, or dark parts
lose their shape."""
_LEAST_LUMINANCE = 1e-4
_SIDE_PX = 256


@dataclass(frozen=True)
class ConfidenceParameters:
    """How the size of a change becomes a confidence."""

    half_size: float = 3.0
    """LAB units, root mean square, that count as half sure: from one daylight photo to another,
    readings differ by this much."""
    fewest_pixels: int = 2000
    """So many pixels tell the size as well as all."""


@cache
def light_reader() -> DenseNetwork:
    """Load the reader that comes with the package."""
    return load_dense(_FILE)


def read_light(image: Rgb, matte: Matte | None = None) -> Reading | None:
    """Read the light that falls on an object's surroundings; the object itself does not count.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB: the object's own photo, or a composite.
    matte
        (height, width) float32, 0..1, of the object; None to read the whole picture.

    Returns
    -------
    tuple of float or None
        Nine numbers, all 0 for plain daylight; None if too little is around the object.
    """
    around = whole_picture(image) if matte is None else surroundings(image, matte)
    if around is None:
        return None
    numbers = light_reader().predict(describe_light(Colors.of(around.rgb), around.scene))
    return tuple(round(float(each), _DECIMALS) for each in numbers)


def mean_reading(readings: Sequence[Reading], weights: Sequence[float]) -> Reading:
    """Return the mean of several readings, for objects of several photos."""
    mean = np.average(np.array(readings), axis=0, weights=weights)
    return tuple(round(float(each), _DECIMALS) for each in mean)


def mean_log_luminance(composite: Rgb, matte: Matte) -> float:
    """Return the mean natural logarithm of an object's luminance, about which contrast changes."""
    part = object_box(matte).slices
    small = to_linear(to_float(shrink_to_fit(composite[part], _SIDE_PX)))
    inside = object_mask(shrink_to_fit(matte[part], _SIDE_PX))
    luminance = np.maximum(small[inside] @ LUMINANCE, _LEAST_LUMINANCE)
    return float(np.log(luminance).mean()) if inside.any() else 0.0


def _removable_share(haze: NDArray[np.float64], composite: Rgb, matte: Matte) -> float:
    """Return the share, 0..1, of haze (3,) that an object has in its blacks; 1 if none is taken."""
    if haze.max() <= 0:
        return 1.0
    part = object_box(matte).slices
    small, inside = shrink_to_fit(composite[part], _SIDE_PX), shrink_to_fit(matte[part], _SIDE_PX)
    shown = to_float(small)[object_mask(inside)]
    if not len(shown):
        return 0.0
    blacks = np.quantile(shown, _BLACK_QUANTILE, axis=0)
    return float(np.min(blacks[haze > 0] / haze[haze > 0], initial=1.0))


def light_change(source: Reading, scene: Reading, composite: Rgb, matte: Matte) -> LightChange:
    """Return the change that an object needs when it moves from one light into another.

    Parameters
    ----------
    source, scene
        Light of the object's own photo, and of the scene.
    composite
        (height, width, 3) uint8 RGB, the object in its own colors.
    matte
        (height, width) float32, 0..1, of the object; not empty.
    """
    difference = np.array(scene) - np.array(source)
    added = np.maximum(difference[_HAZE], 0)
    difference[_HAZE] -= (1 - _ADDED_HAZE_SHARE) * added
    difference[_HAZE] *= _removable_share(-difference[_HAZE], composite, matte)
    return LightChange.from_numbers(difference, mean_log_luminance(composite, matte))


def light_confidence(
    change: LightChange, lab: Lab, *, parameters: ConfidenceParameters = ConfidenceParameters()
) -> float:
    """Return the confidence, 0..1, in a change of light: a large difference is seldom chance.

    Parameters
    ----------
    change
        The change.
    lab
        (n, 3) float32, the object's colors.
    parameters
        Which size is half sure.
    """
    some = lab[:: max(1, len(lab) // parameters.fewest_pixels)]
    moved = np.linalg.norm(change.apply_to_lab(some) - some, axis=-1)
    size = float(np.sqrt((moved**2).mean()))
    return size / (size + parameters.half_size)
