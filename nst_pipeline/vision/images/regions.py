"""Regions of a composite by its matte: the object, its rim, the ring around it, its box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Box, Mask, Matte

CORE_ALPHA = 0.5
"""A pixel of at least this share of an object's opacity shows mostly the object."""
CLEAR_ALPHA = 0.05
"""A pixel of at most this alpha counts as scene: faint haze in a matte is ignored."""
SURROUNDINGS_SHARE = 0.6
"""Reach of an object's surroundings, as a share of its longer side."""
_FAR_PX = 16
"""Up to this radius `cv2.dilate` is faster; its time grows with the radius squared."""


def _ellipse(radius_px: int) -> NDArray[np.uint8]:
    size = (2 * radius_px + 1, 2 * radius_px + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size), np.uint8)


def _distance_in_row(mask: Mask) -> NDArray[np.int32]:
    """Compute the distance of each pixel from the nearest marked one of its row, pixels."""
    height, width = mask.shape
    columns, far = np.arange(width, dtype=np.int32), np.int32(2 * (height + width))
    before = np.maximum.accumulate(np.where(mask, columns, -far), 1)
    after = np.minimum.accumulate(np.where(mask, columns, far)[:, ::-1], 1)[:, ::-1]
    return np.asarray(np.minimum(columns - before, after - columns))


def _dilate_far(mask: Mask, radius_px: int) -> Mask:
    """Dilate as `cv2.dilate` does, in a time that hardly grows with the radius.

    OpenCV's ellipse contains the disc of this radius, and lies within one that is half a pixel
    larger. So the distance decides for all pixels but those between the two, and only those are
    compared with the ellipse row by row.
    """
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    dilated = np.asarray(distance <= radius_px)
    rows, columns = np.nonzero(~dilated & (distance < radius_px + 0.51))
    across, reached = _distance_in_row(mask), np.zeros(len(rows), np.bool_)
    reaches = _ellipse(radius_px).sum(1) // 2
    for down, reach in zip(range(-radius_px, radius_px + 1), reaches, strict=True):
        inside = (rows + down >= 0) & (rows + down < len(mask))
        reached[inside] |= across[rows[inside] + down, columns[inside]] <= reach
    dilated[rows, columns] = reached
    return dilated


def dilate(mask: Mask, radius_px: int) -> Mask:
    """Grow a mask, (height, width) bool, by a disc of this radius."""
    if radius_px <= _FAR_PX:
        return cv2.dilate(mask.view(np.uint8), _ellipse(radius_px)).astype(np.bool_)
    return _dilate_far(mask, radius_px) if mask.any() else mask


def object_mask(matte: Matte, opacity: float | None = None) -> Mask:
    """Mark the pixels that show mostly the object.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1.
    opacity
        The object's own, where nothing covers it, 0..1: less than 1 for glass and smoke. By
        default the largest alpha of the matte.

    Returns
    -------
    numpy.ndarray
        (height, width) bool.

    Examples
    --------
    >>> object_mask(np.array([[0.1, 0.2, 0.3]], np.float32)).tolist()
    [[False, True, True]]
    >>> object_mask(np.array([[0.1, 0.2, 0.3]], np.float32), opacity=1).any()
    np.False_
    """
    whole = float(matte.max(initial=0)) if opacity is None else opacity
    return np.asarray((matte >= CORE_ALPHA * whole) & (matte > CLEAR_ALPHA))


def ring_mask(matte: Matte, width_px: int, gap_px: int = 0) -> Mask:
    """Mark the scene's pixels around the object.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1.
    width_px
        Width of the ring, at least 1.
    gap_px
        Distance between object and ring; a matte is least certain there.

    Returns
    -------
    numpy.ndarray
        (height, width) bool, without any pixel that the object covers.

    Examples
    --------
    >>> matte = np.zeros((9, 9), np.float32)
    >>> matte[4, 4] = 1
    >>> ring_mask(matte, 2)[4].astype(int).tolist()
    [0, 0, 1, 1, 0, 1, 1, 0, 0]
    """
    covered = np.asarray(matte > CLEAR_ALPHA)
    return dilate(covered, gap_px + width_px) & ~dilate(covered, gap_px)


def rim_mask(matte: Matte, width_px: int, gap_px: int = 0) -> Mask:
    """Mark the object's pixels just inside its outline; parameters as in `ring_mask`."""
    inside = object_mask(matte)
    return dilate(~inside, gap_px + width_px) & ~dilate(~inside, gap_px)


def object_box(matte: Matte, margin: float = 0.0) -> Box:
    """Find the smallest box that contains the object.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1. Every pixel above 0 belongs to the object.
    margin
        Extra width on each side, as a share of the box's longer side.

    Returns
    -------
    Box
        Inside the image; its sides are 0 if the matte is empty.
    """
    height, width = matte.shape
    covered = np.asarray(matte > 0)
    columns, rows = np.flatnonzero(covered.any(0)), np.flatnonzero(covered.any(1))
    if not len(rows):
        return Box(0, 0, 0, 0)
    x, y = int(columns[0]), int(rows[0])
    box = Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
    extra = round(margin * max(box.width, box.height))
    return box.expanded(extra).clipped(width, height)


def object_surroundings(matte: Matte, *, align: int = 1) -> tuple[tuple[slice, slice], Mask, Mask]:
    """Find the part of an image that shows the object and its surroundings.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1.
    align
        The part starts at a multiple of this many pixels in both directions.

    Returns
    -------
    part : tuple of slice
        Rows and columns, to index an image with.
    object : numpy.ndarray
        Mask of the object within the part.
    scene : numpy.ndarray
        Mask of the scene within the part; pixels between the two masks belong to neither.
    """
    box = object_box(matte, SURROUNDINGS_SHARE)
    part = (
        slice(box.y - box.y % align, box.bottom),
        slice(box.x - box.x % align, box.right),
    )
    return part, object_mask(matte[part]), np.asarray(matte[part] <= CLEAR_ALPHA)
