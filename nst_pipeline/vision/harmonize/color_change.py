"""Color changes in CIE LAB: region statistics, and the transforms that move them.

A `ColorChange` is an affine transform per LAB channel, with an optional extra gain for shadows. The
color model (`model/`) predicts one, and `ring_change` derives one from the surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import Lab, to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

SMALLEST_STD = 1.0
"""LAB units; smaller standard deviations are mostly noise and quantization."""


@dataclass(frozen=True)
class RingParameters:
    """How far `ring_change` moves an object toward its ring.

    A full transfer would do harm: an object differs from its surroundings for good reasons.
    """

    mean_share: float = 0.4
    """Share of the way for the mean color."""
    std_share: float = 0.5
    """Share of the way for the logarithm of the standard deviation."""
    std_ratio_limit: float = 2.0
    """A larger ratio of standard deviations reflects the regions' content, not their light."""


@dataclass(frozen=True)
class LabStatistics:
    """Mean and standard deviation of a region's LAB values, each (3,) float64."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Change(Protocol):
    """A change of an object's colors, such as `ColorChange` and `light.change.LightChange`."""

    def scaled(self, share: float, /) -> Change:
        """Return a share, 0..1, of the change."""

    def apply_to_lab(self, lab: Lab, /) -> Lab:
        """Return LAB values, (..., 3) float32, after the change."""

    def apply(self, image: Rgb, /) -> Rgb:
        """Return a picture, (height, width, 3) uint8 RGB, with every pixel changed."""


@dataclass(frozen=True)
class ColorChange:
    """An affine change of LAB values, channel by channel.

    A value `x` becomes `pivot + gain * (x - pivot) + shift`. Then lightness below the shifted pivot
    is scaled away from it by `shadow_gain`.

    Attributes
    ----------
    pivot
        (3,) float64, LAB; the color that `gain` leaves in place, usually the object's mean.
    gain
        (3,) float64, factors of contrast.
    shift
        (3,) float64, LAB units.
    shadow_gain
        Extra contrast of the shadows; 1 for none.
    """

    pivot: NDArray[np.float64]
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]
    shadow_gain: float = 1.0

    def blend(self, other: ColorChange, share: float) -> ColorChange:
        """Interpolate between this change (`share` 0) and another with the same pivot (1)."""
        return ColorChange(
            self.pivot,
            self.gain ** (1 - share) * other.gain**share,
            (1 - share) * self.shift + share * other.shift,
            self.shadow_gain ** (1 - share) * other.shadow_gain**share,
        )

    def scaled(self, share: float) -> ColorChange:
        """Return a share, 0..1, of this change."""
        none = ColorChange(self.pivot, np.ones(3), np.zeros(3))
        return none.blend(self, share)

    def apply_to_lab(self, lab: Lab) -> Lab:
        """Return LAB values, (..., 3) float32, after the change."""
        offset = self.pivot * (1 - self.gain) + self.shift
        moved = lab * self.gain.astype(np.float32) + offset.astype(np.float32)
        if self.shadow_gain != 1:
            below = np.minimum(moved[..., 0] - np.float32(self.pivot[0] + self.shift[0]), 0)
            moved[..., 0] += np.float32(self.shadow_gain - 1) * below
        return np.asarray(moved)

    def apply(self, image: Rgb) -> Rgb:
        """Return a picture, (height, width, 3) uint8 RGB, with every pixel changed."""
        return to_rgb(self.apply_to_lab(to_lab(image)))


def lab_statistics(lab: Lab, mask: Mask) -> LabStatistics:
    """Compute the LAB statistics of a region.

    Parameters
    ----------
    lab
        (height, width, 3) float32.
    mask
        (height, width) bool, the region; not empty.
    """
    pixels = lab[mask].astype(np.float64)
    return LabStatistics(pixels.mean(0), pixels.std(0))


def ring_change(
    own: LabStatistics, ring: LabStatistics, *, parameters: RingParameters = RingParameters()
) -> ColorChange:
    """Move an object's statistics part of the way to those of the ring around it.

    Parameters
    ----------
    own
        Statistics of the object.
    ring
        Statistics of its ring.
    parameters
        How far to go.

    References
    ----------
    E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley, "Color Transfer between Images", IEEE Computer
    Graphics and Applications, 2001. Here the transfer is partial, and in CIE LAB.

    Examples
    --------
    >>> import numpy as np
    >>> dark = LabStatistics(np.array([40.0, 0.0, 0.0]), np.full(3, 10.0))
    >>> light = LabStatistics(np.array([60.0, 0.0, 0.0]), np.full(3, 10.0))
    >>> ring_change(dark, light).shift
    array([8., 0., 0.])
    """
    ratio = np.maximum(ring.std, SMALLEST_STD) / np.maximum(own.std, SMALLEST_STD)
    limit = parameters.std_ratio_limit
    ratio = np.clip(ratio, 1 / limit, limit)
    return ColorChange(
        pivot=own.mean,
        gain=ratio**parameters.std_share,
        shift=parameters.mean_share * (ring.mean - own.mean),
    )


def recolor(composite: Rgb, matte: Matte, change: Change) -> Rgb:
    """Apply a color change to the object alone, weighted by the matte at its soft edge.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    change
        The change.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.

    Examples
    --------
    >>> import numpy as np
    >>> gray, matte = np.full((4, 4, 3), 128, np.uint8), np.zeros((4, 4), np.float32)
    >>> matte[1:3, 1:3] = 1
    >>> lighter = ColorChange(np.zeros(3), np.ones(3), np.array([20.0, 0.0, 0.0]))
    >>> recolor(gray, matte, lighter)[:2, 1].tolist()
    [[128, 128, 128], [181, 181, 181]]
    """
    part, foreground = object_box(matte).slices, composite.copy()
    foreground[part] = change.apply(composite[part])
    return recompose(composite, matte, foreground)
