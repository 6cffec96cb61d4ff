"""Small questions to a hard mask: its main part, its box."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box, Mask


def solid(mask: Mask) -> Mask:
    """The largest connected part of a mask, its holes filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    largest = (labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    outlines, _ = cv2.findContours(largest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(largest, outlines, -1, 1, cv2.FILLED), bool)


def mask_box(mask: Mask) -> Box:
    """The smallest box around what is true; without area where nothing is."""
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))
