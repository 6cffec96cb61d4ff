"""Lay annotations on a photo that were drawn on it in another size, or before it was turned."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask

Size = tuple[float, float]
"""Width and height, pixels."""

_UPRIGHT, _TRANSPOSED, _RIGHT, _TRANSVERSED, _LEFT = 1, 5, 6, 7, 8
"""EXIF orientations; those from 5 swap width and height."""
_TOLERANCE_PX = 1.0
"""Tools round both sides of a picture that they scale."""


@dataclass(frozen=True)
class Fit:
    """How an annotation's pixels lie on the photo: turned by EXIF, then scaled."""

    frame: Size
    """Size of the picture that was annotated."""
    photo: Size
    """Size of the upright photo."""
    orientation: int = _UPRIGHT
    """EXIF orientation to turn by; 1 if the annotated picture was upright."""

    def _turned(self, size: Size) -> Size:
        return size[::-1] if self.orientation >= _TRANSPOSED else size

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move points, (n, 2) float x and y with 0 at the corner of the first pixel."""
        width, height = self.frame
        x, y = points[:, 0], points[:, 1]
        turned = {
            _TRANSPOSED: (y, x),
            _RIGHT: (height - y, x),
            _TRANSVERSED: (height - y, width - x),
            _LEFT: (y, width - x),
        }
        upright = np.stack(turned.get(self.orientation, (x, y)), axis=1)
        return np.asarray(upright * np.divide(self.photo, self._turned(self.frame)))

    def mask(self, mask: Mask) -> Mask:
        """Move a mask, (height, width) bool, of the annotated picture's size."""
        turns = {_RIGHT: -1, _LEFT: 1, _TRANSVERSED: 2}
        turned = np.rot90(mask, turns.get(self.orientation, 0))
        if self.orientation in (_TRANSPOSED, _TRANSVERSED):
            turned = turned.T
        width, height = (round(side) for side in self.photo)
        if turned.shape == (height, width):
            return turned
        levels = np.ascontiguousarray(turned, np.uint8)
        return cv2.resize(levels, (width, height), interpolation=cv2.INTER_NEAREST) > 0


def _agrees(frame: Size, photo: Size) -> bool:
    """Whether two pictures have the same aspect, up to rounding to whole pixels."""
    (small_width, small_height), (width, height) = sorted((frame, photo))
    by_width = abs(small_width * height / width - small_height)
    by_height = abs(small_height * width / height - small_width)
    return min(by_width, by_height) <= _TOLERANCE_PX


def fit_frame(frame: Size | None, photo: Size, orientation: int = _UPRIGHT) -> Fit | None:
    """Find how annotations lie on a photo.

    Parameters
    ----------
    frame
        Width and height of the picture that was annotated, as its file says; None if it does not.
    photo
        Width and height of the upright photo.
    orientation
        The photo's EXIF orientation, 1..8.

    Returns
    -------
    Fit or None
        The same frame, the frame as it is stored, or one of these scaled; None if none of them.

    Examples
    --------
    >>> fit_frame((200, 300), (300, 200), orientation=6).orientation
    6
    >>> fit_frame((150, 100), (300, 200)).points(np.array([[10.0, 20.0]])).tolist()
    [[20.0, 40.0]]
    """
    if frame is None or frame == photo:
        return Fit(photo, photo)
    stored = photo[::-1] if orientation >= _TRANSPOSED else None
    if stored is not None and frame == stored:
        return Fit(frame, photo, orientation)
    if _agrees(frame, photo):
        return Fit(frame, photo)
    if stored is not None and _agrees(frame, stored):
        return Fit(frame, photo, orientation)
    return None
