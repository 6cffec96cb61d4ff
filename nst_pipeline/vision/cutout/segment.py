"""Hard mask of an object from its box: GrabCut from two starts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.grab_cut import grab_cut
from nst_pipeline.vision.cutout.masks import solid
from nst_pipeline.vision.shapes import Box, Mask, Rgb

_BOX_SIDE = 320
"""GrabCut works with the box's longer side at this length, pixels, enlarged or shrunk. Its cost of
outline is fixed: on a small picture that eats away thin parts, on a large one time."""
_GRAIN = 1.0
"""Blur before the cut, pixels: grain and JPEG blocks are no edges."""
_START, _WITNESS = (0.7, 2.0), (0.8, 2.5)
"""What is surely object: a superellipse in the box, its axes as a share of the box's, and its
exponent (2: ellipse; more: towards a rectangle). The witness only tells how far to trust."""


def _radius(shape: tuple[int, ...], box: Box, exponent: float) -> NDArray[np.float32]:
    """Distance from the box's centre, 1 on the superellipse inscribed in it."""
    rows, columns = np.indices(shape[:2], dtype=np.float32)
    x = np.abs(columns + 0.5 - box.x - box.width / 2) / (box.width / 2)
    y = np.abs(rows + 0.5 - box.y - box.height / 2) / (box.height / 2)
    return np.asarray((x**exponent + y**exponent) ** (1 / exponent), np.float32)


def _cut_from(picture: Rgb, box: Box, start: tuple[float, float]) -> Mask:
    core, exponent = start
    radius = _radius(picture.shape, box, exponent)
    labels = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    labels[box.slices] = cv2.GC_PR_FGD
    if (labels == cv2.GC_PR_FGD).all():
        # Nothing lies outside the box: the corners are the best guess at background.
        labels[radius > 1] = cv2.GC_PR_BGD
    labels[radius < core] = cv2.GC_FGD
    return solid(grab_cut(picture, labels))


def _enlarged(crop: Rgb, box: Box) -> tuple[Rgb, Box]:
    height, width = crop.shape[:2]
    scale = _BOX_SIDE / max(box.width, box.height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    picture = cv2.GaussianBlur(cv2.resize(crop, size, interpolation=method), (0, 0), _GRAIN)
    x, y = round(box.x * scale), round(box.y * scale)
    right, bottom = round(box.right * scale), round(box.bottom * scale)
    inner = Box(x, y, max(right - x, 1), max(bottom - y, 1))
    return np.asarray(picture, np.uint8), inner


def segment(crop: Rgb, box: Box) -> tuple[Mask, float]:
    """Separate the object in `box` from what surrounds it.

    Args:
        crop: picture, (height, width, 3) uint8 RGB, with some background around the box.
        box: the object's box in the crop's pixels, without parts outside it.

    Returns:
        One connected part without holes, inside the box, (height, width) bool; and how well a
        second start agrees with it (intersection over union, 0..1).
    """
    height, width = crop.shape[:2]
    picture, inner = _enlarged(crop, box)
    mask, witness = (_cut_from(picture, inner, start) for start in (_START, _WITNESS))
    agreement = (mask & witness).sum() / max((mask | witness).sum(), 1)
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= 0.5), float(agreement)
