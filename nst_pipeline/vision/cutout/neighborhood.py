"""A box and what surrounds it, always seen at the same size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Box, Mask, Rgb

_BOX_SIDE = 192
"""Length of the box's longer side, pixels. Clues and cuts mean the same at one size only; what a
larger one would add to the outline, matting adds later."""
_OPEN_SHARE = 0.006
"""A side this near to the picture's edge, as a share of the box's longer side, lies on it. What a
finder guesses often ends a little before: there the object ends, too."""


@dataclass(frozen=True)
class View:
    """A picture, (height, width, 3) uint8 RGB, and the object's box in it.

    `open_sides` (left, top, right, bottom) tells where the box ends only because the picture
    does: there the object may be cut off, and no background lies beyond.
    """

    picture: Rgb
    box: Box
    open_sides: tuple[bool, bool, bool, bool]

    @property
    def inside(self) -> Mask:
        """(height, width) bool: the pixels of the box."""
        mask = np.zeros(self.picture.shape[:2], bool)
        mask[self.box.slices] = True
        return mask

    @property
    def colors(self) -> NDArray[np.float32]:
        """The picture in CIE LAB, (height, width, 3) float32, L 0..100."""
        return to_lab(self.picture)

    def depths(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How far each pixel of the box lies from the middle, across and down.

        Two maps of the box's size: 0 in the middle, 1 at a side. An open side counts as the
        middle of an object twice as long.
        """
        left, top, right, bottom = self.open_sides
        across = _depth(self.box.width, left, right)
        down = _depth(self.box.height, top, bottom)
        across, down = np.broadcast_arrays(across[None], down[:, None])
        return np.ascontiguousarray(across), np.ascontiguousarray(down)


def _depth(length: int, open_start: bool, open_end: bool) -> NDArray[np.float32]:
    along = np.linspace(0.5, length - 0.5, length, dtype=np.float32) / np.float32(length)
    if open_start and open_end:
        return np.zeros_like(along)
    if open_start:
        return np.asarray(along, np.float32)
    depth = 1 - along if open_end else np.abs(2 * along - 1)
    return np.asarray(depth, np.float32)


def _open_sides(height: int, width: int, box: Box) -> tuple[bool, bool, bool, bool]:
    near = max(_OPEN_SHARE * max(box.width, box.height), 1)
    left, top = box.x <= near, box.y <= near
    right, bottom = width - box.right <= near, height - box.bottom <= near
    if left and top and right and bottom:
        # A box around the whole picture says nothing about where the object ends.
        return (False, False, False, False)
    return left, top, right, bottom


def view_of(crop: Rgb, box: Box) -> View:
    """See a box of a picture at the size that clues are made for.

    Args:
        crop: picture, (height, width, 3) uint8 RGB, with some background around the box.
        box: the object's box in the crop's pixels, without parts outside it.
    """
    height, width = crop.shape[:2]
    scale = _BOX_SIDE / max(box.width, box.height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    picture = resize(crop, *size)
    x, y = min(round(box.x * scale), size[0] - 1), min(round(box.y * scale), size[1] - 1)
    right, bottom = min(round(box.right * scale), size[0]), min(round(box.bottom * scale), size[1])
    inner = Box(x, y, max(right - x, 1), max(bottom - y, 1))
    return View(picture, inner, _open_sides(size[1], size[0], inner))
