"""Small questions to a hard mask: its main part, its holes, its box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Box, Mask


def main_part(mask: Mask) -> Mask:
    """The largest connected part of a mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())


def solid(mask: Mask) -> Mask:
    """The largest connected part of a mask, its holes filled."""
    largest = main_part(mask).astype(np.uint8)
    outlines, _ = cv2.findContours(largest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(largest, outlines, -1, 1, cv2.FILLED), bool)


def without_weak_holes(mask: Mask, chance: NDArray[np.float32], strong: float) -> Mask:
    """Fill a mask's holes, but for those where the chance of object is below `strong`.

    Args:
        mask: (height, width) bool.
        chance: (height, width) float32, of being the object.
        strong: highest mean chance of a hole that stays.
    """
    # Holes touch at sides only where the mask touches at corners: what is around is not a hole.
    padded = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    count, labels = cv2.connectedComponents(padded, connectivity=4)
    labels = labels[1:-1, 1:-1]
    sizes = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), chance.ravel(), count) / np.maximum(sizes, 1)
    weak = means >= strong
    # 0 is the mask, 1 what lies around it: labels follow the rows, and the frame comes first.
    weak[:2] = [True, False]
    return np.asarray(weak[labels])


def mask_box(mask: Mask) -> Box:
    """The smallest box around what is true; without area where nothing is."""
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))
