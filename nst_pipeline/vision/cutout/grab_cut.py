"""OpenCV's GrabCut, made deterministic."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.shapes import Mask, Rgb

_MODEL_SHAPE = (1, 65)
"""Shape of OpenCV's color models: five Gaussians of 13 numbers each."""


@dataclass(frozen=True)
class GrabCutParameters:
    """Parameters of `grab_cut`."""

    iterations: int = 2
    """More iterations change the mask little, and on average for the worse."""
    seed: int = 0
    """Seed of OpenCV's global generator, which initializes the color clusters; fixed, so that
    equal images give equal masks."""


def grab_cut(
    image: Rgb,
    labels: NDArray[np.uint8],
    *,
    parameters: GrabCutParameters = GrabCutParameters(),
) -> Mask:
    """Segment an image by colors and edges, starting from labeled pixels.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    labels
        (height, width) uint8: `cv2.GC_BGD`, `GC_FGD`, `GC_PR_BGD` or `GC_PR_FGD`.
    parameters
        Iterations and seed.

    Returns
    -------
    numpy.ndarray
        (height, width) bool, True on the foreground. If all labels are foreground or all are
        background, no color models can be learned, and the labels are returned as a mask.

    References
    ----------
    Rother, Kolmogorov, Blake, "GrabCut: Interactive Foreground Extraction using Iterated Graph
    Cuts", 2004.
    """
    labeled_foreground = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if labeled_foreground.all() or not labeled_foreground.any():
        return np.asarray(labeled_foreground)
    cv2.setRNGSeed(parameters.seed)
    background_model, foreground_model = np.zeros(_MODEL_SHAPE), np.zeros(_MODEL_SHAPE)
    segmented, _, _ = cv2.grabCut(
        image,
        labels.copy(),
        (0, 0, 0, 0),
        background_model,
        foreground_model,
        parameters.iterations,
        cv2.GC_INIT_WITH_MASK,
    )
    return np.isin(segmented, (cv2.GC_FGD, cv2.GC_PR_FGD))
