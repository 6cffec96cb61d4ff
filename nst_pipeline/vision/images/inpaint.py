"""Paint over an object with its surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class InpaintParameters:
    """Parameters of `inpaint_object`."""

    side_px: int = 256
    """Longest side at which the hole is filled. A style taken from the result needs no finer
    detail there."""
    radius_px: int = 5
    """Neighborhood from which each pixel is filled."""


def inpaint_object(
    image: Rgb, matte: Matte, *, parameters: InpaintParameters = InpaintParameters()
) -> Rgb:
    """Paint over an object with colors that continue its surroundings.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32; pixels above 0 are painted over.
    parameters
        Working size and radius.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB. Where the matte is 0, the image's bytes are kept.

    References
    ----------
    Telea, "An Image Inpainting Technique Based on the Fast Marching Method", 2004.

    Examples
    --------
    >>> image = np.full((40, 40, 3), 90, np.uint8)
    >>> image[10:20, 10:20] = 255
    >>> matte = (image[..., 0] == 255).astype(np.float32)
    >>> bool((inpaint_object(image, matte) < 95).all())
    True
    """
    small = shrink_to_fit(image, parameters.side_px)
    hole = cv2.resize(np.asarray(matte > 0).astype(np.float32), small.shape[1::-1]) > 0
    filled = cv2.inpaint(small, hole.astype(np.uint8), parameters.radius_px, cv2.INPAINT_TELEA)
    enlarged = resize(np.asarray(filled, np.uint8), matte.shape[1], matte.shape[0])
    return np.where(matte[..., None] > 0, enlarged, image).astype(np.uint8)
