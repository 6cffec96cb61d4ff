"""Colors in CIE LAB: statistics of a region, and the changes that move them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Box, Mask, Matte, Rgb, Rgba

Lab = NDArray[np.float32]
"""(..., 3): lightness 0..100, a, b; D65, from sRGB."""

MEAN_SIDE = 256
"""About so many pixels across are enough for a mean."""
DISPLAY_GAMMA = 2.2
"""Linear light is near an sRGB value to this power."""
RING_MEAN_SHARE = 0.4
RING_SPREAD_SHARE = 0.5
"""How far the object's mean and log spread go toward the ring's. Full matching harms: an object
differs from its surroundings for good reasons."""
SPREAD_RATIO_LIMIT = 2.0
"""A spread ratio beyond this says more about the regions' content than about their light."""
SMALLEST_SPREAD = 1.0
"""LAB units; below it, a spread is mostly noise and quantization."""


def to_lab(image: Rgb) -> Lab:
    """SRGB picture, (h, w, 3) uint8, as LAB."""
    rgb = image.astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.float32)


def to_rgb(lab: Lab) -> Rgb:
    """LAB, (h, w, 3), as an sRGB uint8 picture; what is out of gamut is clipped."""
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), np.uint8)


def darkened(image: Rgb, shade: Matte) -> Rgb:
    """Take light away: `shade`, (h, w) float32, is the share of linear light that is missing."""
    dimmed = (1 - shade) ** np.float32(1 / DISPLAY_GAMMA)
    return np.asarray(np.rint(image * dimmed[..., None]), np.uint8)


@dataclass(frozen=True)
class LabStatistics:
    """Mean and standard deviation of a region's LAB values, (3,) each."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]


@dataclass(frozen=True)
class ColorChange:
    """A change of LAB: about `pivot`, values spread by `gain`, then move by `shift`.

    What is then darker than the moved pivot is drawn away from it by `shadow_gain`.
    """

    pivot: NDArray[np.float64]
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]
    shadow_gain: float = 1.0

    def mixed(self, other: ColorChange, share: float) -> ColorChange:
        """Between this change (0) and another about the same pivot (1)."""
        return ColorChange(
            self.pivot,
            self.gain ** (1 - share) * other.gain**share,
            (1 - share) * self.shift + share * other.shift,
            self.shadow_gain ** (1 - share) * other.shadow_gain**share,
        )

    def scaled(self, share: float) -> ColorChange:
        """A share, 0..1, of this change."""
        none = ColorChange(self.pivot, np.ones(3), np.zeros(3))
        return none.mixed(self, share)

    def moved(self, lab: Lab) -> Lab:
        """LAB values, (..., 3), with the change made."""
        offset = self.pivot * (1 - self.gain) + self.shift
        moved = lab * self.gain.astype(np.float32) + offset.astype(np.float32)
        if self.shadow_gain != 1:
            below = np.minimum(moved[..., 0] - np.float32(self.pivot[0] + self.shift[0]), 0)
            moved[..., 0] += np.float32(self.shadow_gain - 1) * below
        return np.asarray(moved)

    def apply(self, image: Rgb) -> Rgb:
        """The picture, (h, w, 3) uint8 RGB, with the change made everywhere."""
        return to_rgb(self.moved(to_lab(image)))


def statistics(lab: Lab, mask: Mask) -> LabStatistics:
    """LAB statistics of the pixels in `mask`, which is not empty."""
    pixels = lab[mask].astype(np.float64)
    return LabStatistics(pixels.mean(0), pixels.std(0))


def mean_lab(sticker: Rgba) -> tuple[float, float, float] | None:
    """Mean LAB color of a cut-out, (h, w, 4) uint8, by its alpha, to a tenth.

    None where all is clear.
    """
    step = max(1, max(sticker.shape) // MEAN_SIDE)
    sample = np.ascontiguousarray(sticker[::step, ::step])
    alpha = sample[..., 3].astype(np.float64)
    if not alpha.any():
        return None
    lightness, a, b = np.average(to_lab(sample[..., :3]).reshape(-1, 3), 0, alpha.ravel())
    return round(float(lightness), 1), round(float(a), 1), round(float(b), 1)


def ring_change(of_object: LabStatistics, of_ring: LabStatistics) -> ColorChange:
    """The shrunk statistics transfer: part of the way from the object's colors to the ring's.

    Reinhard et al., Color Transfer between Images (2001), in LAB, shrunk.
    """
    ratio = np.maximum(of_ring.spread, SMALLEST_SPREAD) / np.maximum(
        of_object.spread, SMALLEST_SPREAD
    )
    ratio = np.clip(ratio, 1 / SPREAD_RATIO_LIMIT, SPREAD_RATIO_LIMIT)
    return ColorChange(
        pivot=of_object.mean,
        gain=ratio**RING_SPREAD_SHARE,
        shift=RING_MEAN_SHARE * (of_ring.mean - of_object.mean),
    )


def low_frequency_change(
    after: Rgb, before: Rgb, weight: Matte, sigma_px: float
) -> NDArray[np.float32]:
    """What a network changed, without its texture: the blurred difference of two pictures.

    Args:
        after: (h, w, 3) uint8 RGB, e.g. the composite in the scene's style.
        before: same size, e.g. the composite in its own style, so that what the network does to
            every picture cancels out.
        weight: (h, w) float32; pixels count by it, so that what changed outside the object does
            not bleed into it.
        sigma_px: width of the Gaussian, pixels.

    Returns:
        (h, w, 3) float32, 8-bit units, to be added to a picture.
    """
    difference = (after.astype(np.float32) - before) * weight[..., None]
    blurred = cv2.GaussianBlur(difference, (0, 0), sigma_px)
    share = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    return np.asarray(blurred / np.maximum(share, 1e-3)[..., None], np.float32)


def add_change(image: Rgb, change: NDArray[np.float32], share: float, box: Box) -> Rgb:
    """Add a share of a smooth change, enlarged to the picture's size, within a box.

    Args:
        image: (height, width, 3) uint8 RGB.
        change: (h, w, 3) float32 in 8-bit units, of any size: it is spread over all of the picture.
        share: 0..1.
        box: within the picture; outside of it nothing changes.
    """
    down, across = (change.shape[axis] / image.shape[axis] for axis in (0, 1))
    # Pixel centers lie at half coordinates.
    to_change = np.array(
        [
            [across, 0, (box.x + 0.5) * across - 0.5],
            [0, down, (box.y + 0.5) * down - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(
        change, to_change, (box.width, box.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    changed = image.copy()
    part = image[box.slices] + np.float32(share) * enlarged
    changed[box.slices] = np.rint(np.clip(part, 0, 255)).astype(np.uint8)
    return changed
