"""An object's box with its surroundings, rescaled to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import Lab, to_lab
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Box, Mask, Rgb


@dataclass(frozen=True)
class NeighborhoodParameters:
    """Parameters of `extract_neighborhood`. The pixel classifier was trained with the defaults."""

    box_side_px: int = 192
    """Length of the box's longer side. Features and GrabCut results are comparable at one scale
    only; matting adds the detail that a larger size would show."""
    open_side_share: float = 0.006
    """A side of the box within this distance of the image border, as a share of the box's longer
    side, counts as lying on it: detected boxes often end a little before the border."""


@dataclass(frozen=True)
class Neighborhood:
    """An image, and an object's box in it.

    `open_sides` (left, top, right, bottom) are the sides that lie on the image border: the object
    may be cut off there, and there is no background beyond.
    """

    image: Rgb
    """(height, width, 3) uint8 RGB."""
    box: Box
    """In the image's pixels."""
    open_sides: tuple[bool, bool, bool, bool]

    @property
    def box_mask(self) -> Mask:
        """(height, width) bool, True inside the box."""
        mask = np.zeros(self.image.shape[:2], bool)
        mask[self.box.slices] = True
        return mask

    @property
    def lab(self) -> Lab:
        """The image in CIE LAB, (height, width, 3) float32."""
        return to_lab(self.image)

    def center_distances(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute the horizontal and vertical distance of each pixel from the box's center.

        Returns
        -------
        horizontal, vertical : numpy.ndarray
            (box height, box width) float32: 0 at the center, 1 at a side. With one open side, the
            box counts as one half of an object twice as long; with both sides open, the distance
            is 0.
        """
        left, top, right, bottom = self.open_sides
        horizontal = _distances(self.box.width, left, right)
        vertical = _distances(self.box.height, top, bottom)
        horizontal, vertical = np.broadcast_arrays(horizontal[None], vertical[:, None])
        return np.ascontiguousarray(horizontal), np.ascontiguousarray(vertical)


def _distances(length: int, open_start: bool, open_end: bool) -> NDArray[np.float32]:
    position = np.linspace(0.5, length - 0.5, length, dtype=np.float32) / np.float32(length)
    if open_start and open_end:
        return np.zeros_like(position)
    if open_start:
        return np.asarray(position, np.float32)
    distance = 1 - position if open_end else np.abs(2 * position - 1)
    return np.asarray(distance, np.float32)


def _find_open_sides(
    height: int, width: int, box: Box, open_side_share: float
) -> tuple[bool, bool, bool, bool]:
    reach = max(open_side_share * max(box.width, box.height), 1)
    left, top = box.x <= reach, box.y <= reach
    right, bottom = width - box.right <= reach, height - box.bottom <= reach
    if left and top and right and bottom:
        # A box around the whole image does not show where the object ends.
        return (False, False, False, False)
    return left, top, right, bottom


def extract_neighborhood(
    image: Rgb, box: Box, *, parameters: NeighborhoodParameters = NeighborhoodParameters()
) -> Neighborhood:
    """Rescale an image so that a box in it has the size at which features are computed.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB, with some background around the box.
    box
        The object's box, inside the image.
    parameters
        Size of the box, and what counts as an open side.

    Returns
    -------
    Neighborhood
        The whole image, rescaled, with the box in its pixels.

    Examples
    --------
    >>> found = extract_neighborhood(np.zeros((100, 80, 3), np.uint8), Box(20, 10, 48, 60))
    >>> found.box, found.open_sides
    (Box(x=64, y=32, width=154, height=192), (False, False, False, False))
    """
    height, width = image.shape[:2]
    scale = parameters.box_side_px / max(box.width, box.height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    x, y = min(round(box.x * scale), size[0] - 1), min(round(box.y * scale), size[1] - 1)
    right, bottom = min(round(box.right * scale), size[0]), min(round(box.bottom * scale), size[1])
    scaled_box = Box(x, y, max(right - x, 1), max(bottom - y, 1))
    open_sides = _find_open_sides(size[1], size[0], scaled_box, parameters.open_side_share)
    return Neighborhood(resize(image, *size), scaled_box, open_sides)
