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

from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear
from nst_pipeline.vision.harmonize.light.description import describe_light
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
_LIMIT = 5.0
"""Statistics are clipped to this many standard deviations; training used the same."""
_LEAST_LUMINANCE = 1e-4
_SIDE_PX = 256


@dataclass(frozen=True)
class ConfidenceParameters:
    """How the size of a change becomes a confidence."""

    half_size: float = 3.0
    """LAB units, root mean square, that count as half sure: from one daylight photo to another,
    readings differ by this much."""


@dataclass(frozen=True)
class LightReader:
    """A network of dense layers with SiLU between them.

    Attributes
    ----------
    center, scale
        (57,) float32, mean and standard deviation of the statistics in training.
    layers
        Weights, (inputs, outputs), and biases, (outputs,), each float32, in order.
    """

    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    def read(self, description: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the light, (9,), of a scene from its description, (57,)."""
        values = np.clip((description - self.center) / self.scale, -_LIMIT, _LIMIT)
        *hidden, (weights, bias) = self.layers
        for each, offset in hidden:
            linear = values @ each + offset
            values = linear / (1 + np.exp(-linear))
        return np.asarray(values @ weights + bias, np.float64)


@cache
def light_reader() -> LightReader:
    """Load the reader that comes with the package."""
    with np.load(_FILE, allow_pickle=False) as arrays:
        count = sum(name.startswith("weights") for name in arrays.files)
        layers = tuple((arrays[f"weights{n}"], arrays[f"bias{n}"]) for n in range(count))
        return LightReader(arrays["center"], arrays["scale"], layers)


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
    numbers = light_reader().read(describe_light(around.rgb, around.scene))
    return tuple(round(float(each), _DECIMALS) for each in numbers)


def mean_reading(readings: Sequence[Reading], weights: Sequence[float]) -> Reading:
    """Return the mean of several readings, for objects of several photos."""
    mean = np.average(np.array(readings), axis=0, weights=weights)
    return tuple(round(float(each), _DECIMALS) for each in mean)


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
    part = object_box(matte).slices
    small = to_linear(to_float(shrink_to_fit(composite[part], _SIDE_PX)))
    inside = object_mask(shrink_to_fit(matte[part], _SIDE_PX))
    luminance = np.maximum(small[inside] @ LUMINANCE, _LEAST_LUMINANCE)
    pivot = float(np.log(luminance).mean())
    return LightChange.from_numbers(np.array(scene) - np.array(source), pivot)


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
    moved = np.linalg.norm(change.apply_to_lab(lab) - lab, axis=-1)
    size = float(np.sqrt((moved**2).mean()))
    return size / (size + parameters.half_size)
