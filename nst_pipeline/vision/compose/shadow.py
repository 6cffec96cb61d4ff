"""The contact shadow: the dark under an object, where it stands."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Box, Mask, Matte

WORK_SIDE = 384
"""Shadows are drawn for objects of this longest side, and enlarged: they are smooth."""
LIFT_SHARE = 0.16
"""Where the outline is this far above the foot, share of the object's height, 1/e of the shadow is
left: a wheel further back still stands, a tail does not."""
CLEARANCE_SHARE = 0.3
"""Where the object's underside is this far above the ground, so is 1/e of the shadow under it."""
DEPTH_SHARE = 0.09
"""How the shadow fades under the object, toward the back: ground is seen at a slant."""
FORWARD_SHARE = 0.025
"""A foot has a depth: the ground that it darkens begins so far before its lowest row."""
NARROW_SHARE, WIDE_SHARE = 0.015, 0.07
"""Blurs of the two parts, the dark crease and the soft rest, share of the object's width."""
FLATNESS = 0.4
"""A blur on ground seen at a slant is so much narrower down the picture than across."""
SHARPEST_PX = 0.5
"""No shadow is sharper than pixels show."""
ENDS = 3
"""A Gaussian, or an exponential, has faded out at so many widths."""

Rows = NDArray[np.float64]
"""For each column, a row of the picture; rows grow downwards."""


def _lowest(solid: Mask) -> Rows:
    """The row of each column's lowest object pixel; only columns that have one."""
    last = len(solid) - 1
    return np.asarray(last - solid[::-1].argmax(0), np.float64)


def _ground_line(columns: Rows, lowest: Rows) -> Rows:
    """The lower convex hull: a taut band held to the object's contour from below.

    Andrew's monotone chain (1979).
    """
    hull: list[tuple[float, float]] = []
    for x, y in zip(columns, lowest, strict=True):
        while len(hull) > 1:
            (x0, y0), (x1, y1) = hull[-2:]
            if (x1 - x0) * (y - y0) < (y1 - y0) * (x - x0):
                break
            hull.pop()
        hull.append((x, y))
    corners = np.array(hull)
    return np.asarray(np.interp(columns, corners[:, 0], corners[:, 1]))


def _crease(solid: Mask, region: Box) -> Matte:
    """The shadow before it is blurred: a band along the ground line, dark where things touch."""
    columns = np.flatnonzero(solid.any(0))
    lowest = _lowest(solid[:, columns])
    ground = _ground_line(columns.astype(np.float64), lowest)
    tall = len(solid)
    lift, clearance = (ground.max() - ground) / tall, (ground - lowest) / tall
    contact = np.exp(-((lift / LIFT_SHARE) ** 2) - clearance / CLEARANCE_SHARE)
    behind = (ground - np.arange(region.y, region.bottom)[:, None]) / tall + FORWARD_SHARE
    band = np.where(behind >= 0, np.exp(-behind / DEPTH_SHARE), 0)
    crease = np.zeros((region.height, region.width), np.float32)
    crease[:, columns - region.x] = band * contact
    return crease


def _blurred(crease: Matte, sigma_px: float) -> Matte:
    across, down = max(sigma_px, SHARPEST_PX), max(FLATNESS * sigma_px, SHARPEST_PX)
    return np.asarray(cv2.GaussianBlur(crease, (0, 0), across, sigmaY=down), np.float32)


def contact_shadow(alpha: Matte) -> tuple[Box, Matte]:
    """The shadow that an object throws on the ground right at its foot.

    The closer an object is above the ground, the less ambient light gets there: dark and narrow
    along the contact, softly fading around it, to no side more than to another. Ground is the taut
    band from one standing point of the matte's lowest contour to the next.

    Args:
        alpha: (height, width) float32, 0..1, the object as it lies on the scene.

    Returns:
        Where the shadow lies, in `alpha`'s pixels (it reaches past the matte's edges), and the
        share of light that is missing there, (h, w) float32, 0..1. Without an object: no area.
    """
    solid = object_mask(shrink_to_fit(alpha, WORK_SIDE))
    if not solid.any():
        return Box(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    height, width = solid.shape
    aside = round(ENDS * WIDE_SHARE * width) + 1
    down = round(ENDS * WIDE_SHARE * FLATNESS * width + FORWARD_SHARE * height) + 1
    up = round(ENDS * (LIFT_SHARE + DEPTH_SHARE) * height)
    region = Box(-aside, height - up, width + 2 * aside, up + down)
    crease = _crease(solid, region)
    narrow, wide = (_blurred(crease, share * width) for share in (NARROW_SHARE, WIDE_SHARE))
    # Light has to get past both.
    shade = np.asarray(1 - (1 - narrow) * (1 - wide), np.float32)
    scale = alpha.shape[1] / width
    x, y, across, tall = (
        round(scale * side) for side in (region.x, region.y, region.width, region.height)
    )
    # Bicubic enlargement overshoots.
    return Box(x, y, across, tall), np.clip(resize(shade, across, tall), 0, 1)
