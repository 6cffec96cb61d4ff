"""Give a clean object the JPEG blocks of a scene that shows them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

Gray = NDArray[np.uint8]
Steps = NDArray[np.int16]

BLOCK_PX = 8
QUALITIES = (80, 65, 50, 40, 30, 20)
"""JPEG qualities tried; better ones leave no blocks that anyone sees."""
CLEAR_BLOCKS = 1.25
"""Steps across blocks, relative to those within, from which blocks show."""
LEAST_DIFFERENCE = 0.15
"""Between object and scene; photos' own parts differ by as much."""
FEWEST_STEPS = 400


def _steps(gray: Gray, mask: Mask) -> tuple[Steps, Steps]:
    """Absolute differences of neighbors along rows, across and within blocks, inside the mask."""
    difference = np.abs(np.diff(gray.astype(np.int16), axis=1))
    both = mask[:, 1:] & mask[:, :-1]
    across = np.arange(1, gray.shape[1]) % BLOCK_PX == 0
    return difference[:, across][both[:, across]], difference[:, ~across][both[:, ~across]]


def blockiness(image: Rgb, mask: Mask) -> float | None:
    """How much larger steps between JPEG's blocks are than within them; 1 where there are none.

    Args:
        image: (height, width, 3) uint8 RGB; a block begins at its first pixel.
        mask: (height, width) bool; what counts.

    Returns:
        None where too few steps lie in the mask.
    """
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    rows, columns = _steps(gray, mask), _steps(gray.T, mask.T)
    across, within = (np.concatenate(pair) for pair in zip(rows, columns, strict=True))
    if len(across) < FEWEST_STEPS:
        return None
    return float((across.mean() + 0.1) / (within.mean() + 0.1))


def _encoded(image: Rgb, quality: int) -> Rgb:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return decoded[..., ::-1]


def match_compression(image: Rgb, matte: Matte) -> Rgb:
    """Compress an object without JPEG's blocks as much as the blocky scene around it.

    The scene must have been pasted on at its file's own size: scaled, its blocks lie elsewhere and
    nothing is done.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, no byte changes.
    """
    part, inside, outside = object_surroundings(matte, align=BLOCK_PX)
    wanted = blockiness(image[part], outside)
    if wanted is None or wanted < CLEAR_BLOCKS:
        return image
    own = blockiness(image[part], inside)
    if own is None or wanted < own + LEAST_DIFFERENCE:
        return image
    best, smallest = image[part], wanted - own
    for quality in QUALITIES:
        tried = _encoded(image[part], quality)
        distance = abs(wanted - (blockiness(tried, inside) or own))
        if distance < smallest:
            best, smallest = tried, distance
    compressed = image.copy()
    compressed[part] = best
    return recompose(image, matte, compressed)
