"""What the reader of light sees: a small picture of the scene, without the object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.resize import to_square
from nst_pipeline.vision.shapes import Matte, Rgb

SIDE_PX = 128
"""Side of the square that the reader sees; light has no details."""
_HIDDEN_ALPHA = 0.05
REACHES_PX = (15, 25)
"""Sides of the squares by which the hidden part grows, so that neither seam nor soft edge is seen.
The mean of two readings depends less on how large an object is."""
_NEAR_BLUR_PX, _NEAR_BLURS = 15, 3
_LEAST_WEIGHT = 1e-4
_WHOLE_WEIGHT = 0.15
"""Of every pixel, if there is no object: the mean around a usual one."""
_LEAST_PX = 400
"""With fewer pixels, a picture has no scene."""
_LEAST_SCENE_SHARE = 0.02
"""Of the view: with less of a scene, its light cannot be read."""


@dataclass(frozen=True)
class LightView:
    """A scene as the reader sees it.

    Attributes
    ----------
    picture
        (side, side, 3) uint8 RGB.
    near
        (side, side) float32, 0..1: how near a pixel is to the object; about 0 where it is.
    hidden
        (side, side) float32, 1 where the object and its outline are, else 0.
    """

    picture: Rgb
    near: NDArray[np.float32]
    hidden: NDArray[np.float32]


def light_view(image: Rgb, matte: Matte | None, reach_px: int = REACHES_PX[0]) -> LightView | None:
    """Show a scene to the reader of light.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object; None for the whole picture.
    reach_px
        Side of the square by which the hidden part grows; of `REACHES_PX`.

    Returns
    -------
    LightView or None
        None if the picture is tiny, or the matte empty, or it leaves too little of the scene.

    Examples
    --------
    >>> image, matte = np.zeros((100, 200, 3), np.uint8), np.zeros((100, 200), np.float32)
    >>> matte[40:60, 80:120] = 1
    >>> view = light_view(image, matte)
    >>> view.picture.shape, view.hidden[64, 64].item(), view.hidden[64, 20].item()
    ((128, 128, 3), 1.0, 0.0)
    >>> light_view(image, np.ones_like(matte)) is None
    True
    """
    if image.shape[0] * image.shape[1] < _LEAST_PX:
        return None
    picture = to_square(image, SIDE_PX)
    side = (SIDE_PX, SIDE_PX)
    if matte is None:
        return LightView(picture, np.full(side, _WHOLE_WEIGHT, np.float32), np.zeros(side, "f4"))
    small = to_square(matte, SIDE_PX)
    reach = np.ones((reach_px, reach_px), np.uint8)
    hidden = (cv2.dilate(small, reach) > _HIDDEN_ALPHA).astype(np.float32)
    if not hidden.any() or hidden.mean() > 1 - _LEAST_SCENE_SHARE:
        return None
    near: NDArray[Any] = small
    for _ in range(_NEAR_BLURS):
        near = cv2.blur(near, (_NEAR_BLUR_PX, _NEAR_BLUR_PX), borderType=cv2.BORDER_REPLICATE)
    near = near / max(float(near.max()), 1e-3) * (1 - hidden) + _LEAST_WEIGHT
    return LightView(picture, near.astype(np.float32), hidden)
