"""The words of the field as values: box, detection, cut-out, placement, composite."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Gray (height, width), RGB (…, 3) or RGBA (…, 4)."""
Rgb = NDArray[np.uint8]
"""Picture, (height, width, 3), sRGB, red first."""
Rgba = NDArray[np.uint8]
"""Picture with straight (not premultiplied) alpha, (height, width, 4), sRGB."""
Matte = NDArray[np.float32]
"""Soft alpha, (height, width), 0 outside the object to 1 inside."""
Mask = NDArray[np.bool_]
"""Hard mask, (height, width)."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; x and y are those of the top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column past the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row past the box."""
        return self.y + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def widened(self, margin: int) -> Box:
        """The box with so many pixels more on every side."""
        return Box(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def clipped(self, width: int, height: int) -> Box:
        """The part inside a picture of that size; its sides may be 0."""
        x, y = min(max(self.x, 0), width), min(max(self.y, 0), height)
        right, bottom = min(max(self.right, x), width), min(max(self.bottom, y), height)
        return Box(x, y, right - x, bottom - y)


@dataclass(frozen=True)
class Detection:
    """Something found in a photo. `mask` has the photo's size and may be missing.

    `crowd`: many of the kind that were annotated as one, COCO's `iscrowd`.
    """

    box: Box
    label: str
    score: float
    source: str
    mask: Mask | None = None
    crowd: bool = False


@dataclass(frozen=True)
class Cutout:
    """An object cut out of a photo, full frame.

    `colors` are the object's own, without the old background, valid where the matte is not 0.
    `quality` is 0..1, the trust in the outline; `figures` are its parts.
    """

    matte: Matte
    colors: Rgb
    quality: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """A sticker on a scene: scaled to `box` (scene pixels, may reach past the edges)."""

    sticker: str
    box: Box
    flip: bool = False


@dataclass(frozen=True)
class StickerLayer:
    """A sticker as it lies on the scene, scaled and clipped to it: RGBA pixels at `box`."""

    sticker: str
    box: Box
    pixels: Rgba


@dataclass(frozen=True)
class Composite:
    """Scene and stickers: the picture, the stickers' joint matte, and the unblended layers.

    `shadow` is the share of light that the stickers take from the scene, as a matte.
    """

    image: Rgb
    matte: Matte
    shadow: Matte
    layers: tuple[StickerLayer, ...]
