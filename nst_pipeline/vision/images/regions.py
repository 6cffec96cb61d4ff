"""The ring: the scene's pixels just around the object, and the object's own rim."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box, Mask, Matte

CORE_ALPHA = 0.5
"""From this alpha on a pixel shows mostly the object."""
CLEAR_ALPHA = 0.05
"""Up to this alpha a pixel shows the scene as it is; a matte's faint haze does not count."""


def _dilated(mask: Mask, radius: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(mask.view(np.uint8), disc).astype(np.bool_)


def object_mask(matte: Matte) -> Mask:
    """Pixels that show mostly the object, (height, width)."""
    return np.asarray(matte >= CORE_ALPHA)


def ring_mask(matte: Matte, width_px: int, gap_px: int = 0) -> Mask:
    """The scene's pixels just around the object, without any that it covers.

    Args:
        matte: (height, width) float32, 0..1.
        width_px: how far the ring reaches, pixels, at least 1.
        gap_px: pixels left out between object and ring, where a matte is least sure.
    """
    covered = np.asarray(matte > CLEAR_ALPHA)
    return _dilated(covered, gap_px + width_px) & ~_dilated(covered, gap_px)


def rim_mask(matte: Matte, width_px: int, gap_px: int = 0) -> Mask:
    """The object's pixels just within its outline: the ring's counterpart inside."""
    inside = object_mask(matte)
    return _dilated(~inside, gap_px + width_px) & ~_dilated(~inside, gap_px)


def object_box(matte: Matte, margin: float = 0.0) -> Box:
    """The smallest box with all of the object, widened by `margin` of its longer side.

    Clipped to the picture; both sides are 0 where the matte is empty.
    """
    height, width = matte.shape
    covered = np.asarray(matte > 0)
    columns, rows = np.flatnonzero(covered.any(0)), np.flatnonzero(covered.any(1))
    if not len(rows):
        return Box(0, 0, 0, 0)
    left, top = int(columns[0]), int(rows[0])
    across, down = int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top
    extra = round(margin * max(across, down))
    return Box(left, top, across, down).widened(extra).clipped(width, height)


SURROUNDINGS = 0.6
"""How far what surrounds an object reaches, as a share of its longer side."""


def object_surroundings(matte: Matte, *, align: int = 1) -> tuple[tuple[slice, slice], Mask, Mask]:
    """Where the object and what surrounds it lie; and there the object's mask, and the scene's.

    Args:
        matte: (height, width) float32, 0..1.
        align: the part begins at a multiple of so many pixels.
    """
    box = object_box(matte, SURROUNDINGS)
    part = (
        slice(box.y - box.y % align, box.bottom),
        slice(box.x - box.x % align, box.right),
    )
    return part, object_mask(matte[part]), np.asarray(matte[part] <= CLEAR_ALPHA)
