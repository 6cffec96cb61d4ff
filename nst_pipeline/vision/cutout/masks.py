"""Operations on hard masks: largest component, holes, bounding box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Box, Mask


def largest_component(mask: Mask) -> Mask:
    """Keep the largest connected component, with 8-connectivity."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())


def fill_holes(mask: Mask, probability: NDArray[np.float32], max_hole_probability: float) -> Mask:
    """Fill the holes of a mask, except those that are probably background.

    Parameters
    ----------
    mask
        (height, width) bool.
    probability
        (height, width) float32, probability 0..1 that a pixel belongs to the object.
    max_hole_probability
        Holes with a lower mean probability stay open.

    Returns
    -------
    numpy.ndarray
        (height, width) bool.

    Examples
    --------
    >>> mask = np.ones((3, 7), bool)
    >>> mask[1, [1, 5]] = False
    >>> probability = np.ones((3, 7), np.float32)
    >>> probability[1, 5] = 0.1
    >>> fill_holes(mask, probability, 0.3)[1].tolist()
    [True, True, True, True, True, False, True]
    """
    # 4-connectivity: the mask separates background pixels that only meet diagonally.
    padded = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    count, labels = cv2.connectedComponents(padded, connectivity=4)
    labels = labels[1:-1, 1:-1]
    sizes = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), probability.ravel(), count) / np.maximum(sizes, 1)
    filled = means >= max_hole_probability
    # Label 0 is the mask. Label 1 is the surroundings: labels are given row by row, and the
    # padding comes first.
    filled[:2] = [True, False]
    return np.asarray(filled[labels])


def bounding_box(mask: Mask) -> Box:
    """Find the smallest box around the True pixels; its sides are 0 if there are none."""
    return Box(*cv2.boundingRect(mask.astype(np.uint8)))
