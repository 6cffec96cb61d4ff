"""Read from an object's shading from which side its light came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import DISPLAY_GAMMA, LUMINANCE, to_lab
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Rgba


@dataclass(frozen=True)
class ObjectSideParameters:
    """How an object's left is compared with its right."""

    side_px: int = 128
    """Objects are reduced to this longest side: light changes slowly, patterns do not."""
    bands: int = 12
    """Heights at which left and right are compared."""
    least_px: int = 12
    """A band with fewer pixels on either side is left out."""
    least_bands: int = 5
    """With fewer bands, nothing is said."""
    inner: float = 0.1
    """Of a band's width: pixels this close to its middle are left out, because they belong to
    neither side."""
    same_color: float = 14.0
    """Largest difference between the sides' chroma (LAB): what has another color on its other side
    may have another lightness, too."""
    difference: tuple[float, float] = (0.2, 0.6)
    """Difference of the sides' logarithms of luminance at which a side becomes likely, and sure."""
    agreement: float = 0.75
    """Least share of bands that agree on the side."""
    log_floor: float = 0.01
    """Linear light that is added before logarithms."""


def _band_difference(
    light: NDArray[np.floating],
    chroma: NDArray[np.floating],
    columns: NDArray[np.intp],
    parameters: ObjectSideParameters,
) -> float | None:
    """Return the right half's light less the left half's; None if they are not of one color."""
    first, last = columns.min(), columns.max()
    place = 2 * (columns - first) / max(1, last - first) - 1
    left, right = place < -parameters.inner, place > parameters.inner
    if min(left.sum(), right.sum()) < parameters.least_px:
        return None
    apart = np.linalg.norm(np.median(chroma[left], 0) - np.median(chroma[right], 0))
    if apart > parameters.same_color:
        return None
    return float(np.median(light[right]) - np.median(light[left]))


def object_side(
    sticker: Rgba, *, parameters: ObjectSideParameters = ObjectSideParameters()
) -> float:
    """Estimate from which side an object is lit.

    In bands from its top to its foot, the left half of an object is compared with its right half.
    Light from one side makes most bands brighter on that side, without another color. What is
    painted on an object rarely does. A mirrored sticker has the opposite side.

    Parameters
    ----------
    sticker
        (height, width, 4) uint8, RGB with straight alpha.
    parameters
        How left and right are compared.

    Returns
    -------
    float
        -1 (left) to 1 (right), with its size as confidence; 0 if unknown.

    Examples
    --------
    >>> ball = np.full((64, 64, 4), 255, np.uint8)
    >>> ball[..., :3] = np.linspace(220, 40, 64)[None, :, None]
    >>> object_side(ball)
    -1.0
    """
    box = object_box(to_float(sticker[..., 3]))
    small = shrink_to_fit(np.ascontiguousarray(sticker[box.slices]), parameters.side_px)
    solid = object_mask(to_float(small[..., 3]))
    if not solid.any():
        return 0.0
    linear = (small[..., :3] / 255.0) ** DISPLAY_GAMMA @ LUMINANCE
    light, chroma = np.log(linear + parameters.log_floor), to_lab(small[..., :3])[..., 1:]
    differences = []
    for band in np.array_split(np.arange(len(solid)), parameters.bands):
        rows, columns = np.nonzero(solid[band])
        if len(rows):
            pixels = band[rows], columns
            difference = _band_difference(light[pixels], chroma[pixels], columns, parameters)
            differences += [] if difference is None else [difference]
    if len(differences) < parameters.least_bands:
        return 0.0
    typical = float(np.median(differences))
    agree = np.mean(np.sign(differences) == np.sign(typical))
    if agree < parameters.agreement:
        return 0.0
    low, high = parameters.difference
    return float(np.sign(typical) * np.clip((abs(typical) - low) / (high - low), 0, 1))
