"""OpenCV's GrabCut with its random numbers held still."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask, Rgb

_ITERATIONS = 2
"""More of them change the mask little, and on average not for the better."""
_SEED = 0
"""GrabCut's color clusters start from OpenCV's random numbers: same seed, same mask."""
_MODEL_SIZE = (1, 65)
"""Five Gaussians of 13 numbers each, as OpenCV wants them."""


def grab_cut(picture: Rgb, labels: NDArray[np.uint8]) -> Mask:
    """Cut a picture by colors and edges from what is marked as (probably) object or background.

    Args:
        picture: (height, width, 3) uint8 RGB.
        labels: (height, width) uint8 of `cv2.GC_BGD`, `GC_FGD`, `GC_PR_BGD`, `GC_PR_FGD`.

    Returns:
        (height, width) bool. Without both kinds of marks there is nothing to learn colors from:
        then the marks themselves.

    Source: Rother, Kolmogorov, Blake, "GrabCut", 2004.
    """
    marked = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if marked.all() or not marked.any():
        return np.asarray(marked)
    cv2.setRNGSeed(_SEED)
    background, foreground = np.zeros(_MODEL_SIZE), np.zeros(_MODEL_SIZE)
    cut, _, _ = cv2.grabCut(
        picture,
        labels.copy(),
        (0, 0, 0, 0),
        background,
        foreground,
        _ITERATIONS,
        cv2.GC_INIT_WITH_MASK,
    )
    return np.isin(cut, (cv2.GC_FGD, cv2.GC_PR_FGD))
