"""Shared types: image arrays, boxes, detections, cut-outs, placements and composites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Any 8-bit image: gray (height, width), RGB (height, width, 3) or RGBA (height, width, 4)."""
Rgb = NDArray[np.uint8]
"""(height, width, 3) uint8, sRGB, red first."""
Rgba = NDArray[np.uint8]
"""(height, width, 4) uint8, sRGB with straight (not premultiplied) alpha."""
Matte = NDArray[np.float32]
"""Soft alpha, (height, width) float32: 0 outside the object, 1 inside."""
Mask = NDArray[np.bool_]
"""Hard mask, (height, width) bool."""
ToneKind = Literal["monochrome", "toned"]
"""What a scene without colors of its own has: none, as in black-and-white; or one that follows from
lightness, as in sepia."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels.

    Parameters
    ----------
    x, y
        Column and row of the top left corner.
    width, height
        Size of the rectangle.

    Examples
    --------
    >>> box = Box(x=2, y=1, width=4, height=3)
    >>> np.zeros((10, 10))[box.slices].shape
    (3, 4)
    >>> box.expanded(2).clipped(width=7, height=10)
    Box(x=0, y=0, width=7, height=6)
    """

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def expanded(self, margin: int) -> Box:
        """Return the box with `margin` more pixels on every side."""
        return Box(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def clipped(self, width: int, height: int) -> Box:
        """Return the part of the box inside an image of this size; its sides may be 0."""
        x, y = min(max(self.x, 0), width), min(max(self.y, 0), height)
        right, bottom = min(max(self.right, x), width), min(max(self.bottom, y), height)
        return Box(x, y, right - x, bottom - y)


@dataclass(frozen=True)
class Guess:
    """What a classifier takes an object for.

    Parameters
    ----------
    word
        A plain word, such as `cup`.
    probability
        0..1.
    """

    word: str
    probability: float

    def __str__(self) -> str:
        """Write both, such as `cup 0.71`."""
        return f"{self.word} {self.probability:.2f}"


@dataclass(frozen=True)
class Detection:
    """An object found in a photo.

    Parameters
    ----------
    box
        In the photo's pixels.
    label
        The kind of object.
    score
        Confidence, 0..1.
    source
        Name of the finder.
    mask
        (height, width) bool, of the photo's size, if the finder provides one.
    crowd
        Whether many objects were annotated as one (COCO's `iscrowd`).
    guess
        What a classifier takes it for, if its label did not say what it is.
    height_m
        Its real height, meters, if the user gave it.
    """

    box: Box
    label: str
    score: float
    source: str
    mask: Mask | None = None
    crowd: bool = False
    guess: Guess | None = None
    height_m: float | None = None


@dataclass(frozen=True)
class Cutout:
    """An object cut out of a photo, in the photo's frame.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1.
    colors
        (height, width, 3) uint8 RGB, the object's own colors without the old background; valid
        where the matte is not 0.
    quality
        Confidence in the outline, 0..1.
    figures
        The measurements that the quality was computed from, by name.
    """

    matte: Matte
    colors: Rgb
    quality: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """Where a sticker goes on a scene.

    Parameters
    ----------
    sticker
        Name of the sticker.
    box
        The sticker is scaled to this box, in the scene's pixels; it may reach past the edges.
    flip
        Whether to mirror the sticker left to right.
    hangs
        Whether it flies, or hangs on a wall or in a tree: the ground gets no shadow of it.
    """

    sticker: str
    box: Box
    flip: bool = False
    hangs: bool = False


@dataclass(frozen=True)
class StickerLayer:
    """A sticker as it lies on a scene, scaled and clipped to it.

    Parameters
    ----------
    sticker
        Name of the sticker.
    box
        In the scene's pixels, inside the scene.
    pixels
        (box height, box width, 4) uint8, RGB with straight alpha.
    """

    sticker: str
    box: Box
    pixels: Rgba


@dataclass(frozen=True)
class Composite:
    """A scene with stickers on it.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        Joint alpha of all stickers, (height, width) float32, 0..1.
    shadow
        Share of linear light that the stickers' shadows remove from the scene, in the color that
        loses most, (height, width) float32, 0..1.
    layers
        The stickers before blending, the lowest first.
    """

    image: Rgb
    matte: Matte
    shadow: Matte
    layers: tuple[StickerLayer, ...]
