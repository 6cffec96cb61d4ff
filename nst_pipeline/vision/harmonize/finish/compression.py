"""Give a clean object the JPEG blocks of a scene that has visible ones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.regions import object_surroundings
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

Gray = NDArray[np.uint8]
Steps = NDArray[np.int16]

BLOCK_PX = 8
"""Side of JPEG's blocks."""


@dataclass(frozen=True)
class CompressionParameters:
    """When and how an object is compressed."""

    qualities: tuple[int, ...] = (80, 65, 50, 40, 30, 20)
    """JPEG qualities to try; higher ones leave no visible blocks."""
    visible_blockiness: float = 1.25
    """Blockiness from which blocks are visible."""
    smallest_difference: float = 0.15
    """Least difference of blockiness between object and scene to match; parts of one photo differ
    by as much."""
    fewest_steps: int = 400
    """Steps across blocks that a region needs for its blockiness to be measured."""


COMPRESSION = CompressionParameters()


def _steps(gray: Gray, mask: Mask) -> tuple[Steps, Steps]:
    """Compute absolute differences of row neighbors in the mask: across and within blocks."""
    difference = np.abs(np.diff(gray.astype(np.int16), axis=1))
    both = mask[:, 1:] & mask[:, :-1]
    across = np.arange(1, gray.shape[1]) % BLOCK_PX == 0
    return difference[:, across][both[:, across]], difference[:, ~across][both[:, ~across]]


def blockiness(
    image: Rgb, mask: Mask, *, parameters: CompressionParameters = COMPRESSION
) -> float | None:
    """Measure how much larger steps between JPEG's blocks are than steps within them.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB; a block starts at its first pixel.
    mask
        (height, width) bool, the region to measure.
    parameters
        How many steps it needs.

    Returns
    -------
    float or None
        About 1 if there are no blocks; None if too few steps lie in the mask.

    Examples
    --------
    >>> import numpy as np
    >>> blocks = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    >>> image = np.tile(blocks.repeat(8, 0).repeat(8, 1), 3)
    >>> blockiness(image, np.ones((64, 64), bool)) > 100
    True
    """
    gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    rows, columns = _steps(gray, mask), _steps(gray.T, mask.T)
    across, within = (np.concatenate(pair) for pair in zip(rows, columns, strict=True))
    if len(across) < parameters.fewest_steps:
        return None
    return float((across.mean() + 0.1) / (within.mean() + 0.1))


def _compressed(image: Rgb, quality: int) -> Rgb:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return decoded[..., ::-1]


def match_compression(
    image: Rgb, matte: Matte, *, parameters: CompressionParameters = COMPRESSION
) -> Rgb:
    """Compress an object without JPEG blocks as much as the blocky scene around it.

    In a scene that was scaled, the blocks lie elsewhere; nothing is changed then.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB, at the size of the scene's file.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    parameters
        When and how to compress.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB; the image itself if nothing has to change.
    """
    part, inside, outside = object_surroundings(matte, align=BLOCK_PX)
    wanted = blockiness(image[part], outside, parameters=parameters)
    if wanted is None or wanted < parameters.visible_blockiness:
        return image
    own = blockiness(image[part], inside, parameters=parameters)
    if own is None or wanted < own + parameters.smallest_difference:
        return image
    best, smallest = image[part], wanted - own
    for quality in parameters.qualities:
        tried = _compressed(image[part], quality)
        distance = abs(wanted - (blockiness(tried, inside, parameters=parameters) or own))
        if distance < smallest:
            best, smallest = tried, distance
    result = image.copy()
    result[part] = best
    return recompose(image, matte, result)
