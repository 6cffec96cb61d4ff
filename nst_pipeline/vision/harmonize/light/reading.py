"""Readings of light, and the change that an object needs when it moves into another light.

A network reads them from scenes (`nst_pipeline.style.light_reader`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear
from nst_pipeline.vision.images.color import LUMINANCE, Lab
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

Reading = tuple[float, ...]
"""The light of a scene, nine numbers as `LightChange.from_numbers` takes them."""

_DECIMALS = 4
_EXPOSURE, _BALANCE, _HAZE = 0, slice(1, 4), slice(6, 9)
"""Numbers of a reading."""
_BALANCE_SHARE, _BALANCE_LIMIT = 0.8, 0.6
"""Share of the difference of color that an object gets, and the difference, of logarithms of light,
below which it is bent softly: a red tablecloth may pass for a lamp."""
_ADDED_HAZE_SHARE = 0.35
"""Share of the haze in which a scene exceeds the object's photo that the object gets: lifted blacks
are seen first, and what stands before haze has less of it than what lies behind."""
_REMOVED_HAZE_SHARE = 0.6
"""Share of the haze in which the object's photo exceeds the scene that is taken from the object:
snow looks much like haze."""
_BLACK_QUANTILE, _WHITE_QUANTILE = 0.02, 0.95
"""Of an object's display values, its blacks: haze is not taken from it beyond them, or dark parts
lose their shape. Of its luminance, its whites: they become no brighter than the scene's, or a lit
object of a dark photo loses its bright parts."""
_LEAST_LUMINANCE = 1e-4
_GRAYS = np.array([[25, 0, 0], [50, 0, 0], [75, 0, 0]], np.float32)
"""LAB colors whose move says how different two lights are."""
_GRAY_CARD = 0.18
_SIDE_PX = 256


@dataclass(frozen=True)
class Lights:
    """Where an object comes from, and where it is.

    Attributes
    ----------
    source
        Light of the object's own photo.
    scene
        Light of the scene around it.
    """

    source: Reading
    scene: Reading


@dataclass(frozen=True)
class ConfidenceParameters:
    """How the size of a change becomes a confidence."""

    half_size: float = 5.0
    """LAB units, root mean square, that count as half sure: smaller changes are hardly seen, and
    readings of one scene around an object that is a little larger differ by 1 or 2."""
    fewest_pixels: int = 2000
    """So many pixels tell the size as well as all."""


def mean_reading(readings: Sequence[Reading], weights: Sequence[float]) -> Reading:
    """Return the mean of several readings, for objects of several photos."""
    mean = np.average(np.array(readings), axis=0, weights=weights)
    return tuple(round(float(each), _DECIMALS) for each in mean)


def _object_pixels(composite: Rgb, matte: Matte) -> NDArray[np.float32]:
    """Return an object's colors, (n, 3) display values 0..1, of at most a small picture of it."""
    part = object_box(matte).slices
    small, inside = shrink_to_fit(composite[part], _SIDE_PX), shrink_to_fit(matte[part], _SIDE_PX)
    return to_float(small)[object_mask(inside)]


def _mean_log_luminance(shown: NDArray[np.float32]) -> float:
    luminance = np.maximum(to_linear(shown) @ LUMINANCE, _LEAST_LUMINANCE)
    return float(np.log(luminance).mean()) if len(shown) else 0.0


def mean_log_luminance(composite: Rgb, matte: Matte) -> float:
    """Return the mean natural logarithm of an object's luminance, about which contrast changes."""
    return _mean_log_luminance(_object_pixels(composite, matte))


def _removable_share(haze: NDArray[np.float64], shown: NDArray[np.float32]) -> float:
    """Return the share, 0..1, of haze (3,) that an object has in its blacks; 1 if none is taken."""
    if haze.max() <= 0:
        return 1.0
    blacks = np.quantile(shown, _BLACK_QUANTILE, axis=0)
    return float(np.min(blacks[haze > 0] / haze[haze > 0], initial=1.0))


def _headroom(shown: NDArray[np.float32], around: NDArray[np.float32]) -> float:
    """Return the logarithm of the light by which an object's whites are below the scene's."""
    own, scene = (
        np.quantile(to_linear(each) @ LUMINANCE, _WHITE_QUANTILE) if len(each) else 1.0
        for each in (shown, around)
    )
    return float(np.log(max(scene / max(own, _LEAST_LUMINANCE), 1.0)))


def light_change(lights: Lights, composite: Rgb, matte: Matte) -> LightChange:
    """Return the change that an object needs when it moves from one light into another.

    Parameters
    ----------
    lights
        Of the object's own photo, and of the scene.
    composite
        (height, width, 3) uint8 RGB, the object in its own colors.
    matte
        (height, width) float32, 0..1, of the object; not empty.
    """
    shown = _object_pixels(composite, matte)
    around = to_float(shrink_to_fit(composite, _SIDE_PX))[shrink_to_fit(matte, _SIDE_PX) == 0]
    difference = np.array(lights.scene) - np.array(lights.source)
    haze = difference[_HAZE]
    haze *= np.where(haze > 0, _ADDED_HAZE_SHARE, _REMOVED_HAZE_SHARE)
    haze *= _removable_share(-haze, shown) if len(shown) else 0.0
    bent = np.tanh(difference[_BALANCE] / _BALANCE_LIMIT)
    difference[_BALANCE] = _BALANCE_SHARE * _BALANCE_LIMIT * bent
    difference[_EXPOSURE] = min(difference[_EXPOSURE], _headroom(shown, around))
    return LightChange.from_numbers(difference, _mean_log_luminance(shown))


def light_distance(source: Reading, scene: Reading) -> float:
    """Return how different two lights are: how far one moves the other's grays, LAB units.

    Examples
    --------
    >>> dim = (-0.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    >>> light_distance(dim, dim) < 1 < light_distance(dim, (0.0,) * 9)
    True
    """
    difference = np.array(scene) - np.array(source)
    change = LightChange.from_numbers(difference, float(np.log(_GRAY_CARD)))
    moved = change.apply_to_lab(_GRAYS) - _GRAYS
    return float(np.sqrt((moved**2).sum(-1).mean()))


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
    return size**2 / (size**2 + parameters.half_size**2)
