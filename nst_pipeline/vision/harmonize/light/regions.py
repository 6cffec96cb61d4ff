"""Where the light of a scene is measured: around the object, and away from the seam.

What lies at the outline tells how well an object was cut out and pasted, not what light falls on
it. A band beyond the outline is therefore left out, wider than any soft edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import SURROUNDINGS_SHARE, object_box
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Mask, Matte, Rgb


@dataclass(frozen=True)
class RegionParameters:
    """Sizes of the view and the band. The reader was trained with the defaults."""

    side_px: int = 256
    """Longest side of the object with its surroundings; more pixels do not improve statistics."""
    covered_alpha: float = 0.02
    """From this alpha on, a pixel is not the scene's."""
    seam_share: float = 0.05
    """Width of the band, as a share of the square root of the object's area."""
    seam_px: tuple[int, int] = (3, 9)
    """Smallest and largest width."""
    smallest_px: int = 400
    """With fewer pixels, a scene's light cannot be read."""


@dataclass(frozen=True)
class Surroundings:
    """An object and its surroundings, (h, w, 3) float32 sRGB 0..1, and the scene, (h, w) bool."""

    rgb: np.ndarray[tuple[int, int, int], np.dtype[np.float32]]
    scene: Mask


def surroundings(
    image: Rgb, matte: Matte, *, parameters: RegionParameters = RegionParameters()
) -> Surroundings | None:
    """Crop a picture to an object's surroundings, and find what of them is the scene.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    parameters
        Sizes of the view and the band.

    Returns
    -------
    Surroundings or None
        None if there is no object, or too little around it.

    Examples
    --------
    >>> image, matte = np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100), np.float32)
    >>> matte[30:70, 30:70] = 1
    >>> around = surroundings(image, matte)
    >>> bool(around.scene[28, 50]), bool(around.scene[20, 50])
    (False, True)
    >>> surroundings(image, np.ones_like(matte)) is None
    True
    """
    box = object_box(matte, SURROUNDINGS_SHARE)
    if box.width == 0:
        return None
    small = shrink_to_fit(matte[box.slices], parameters.side_px)
    side = float(np.sqrt((small > parameters.covered_alpha).sum()))
    band = int(np.clip(side * parameters.seam_share, *parameters.seam_px))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    scene = cv2.dilate((small > parameters.covered_alpha).astype(np.uint8), kernel) == 0
    if scene.sum() < parameters.smallest_px:
        return None
    rgb = to_float(shrink_to_fit(image[box.slices], parameters.side_px))
    return Surroundings(rgb, np.asarray(scene))


def whole_picture(
    image: Rgb, *, parameters: RegionParameters = RegionParameters()
) -> Surroundings | None:
    """Take a whole picture, (height, width, 3) uint8 RGB, as a scene; None if it is too small."""
    rgb = to_float(shrink_to_fit(image, parameters.side_px))
    scene = np.ones(rgb.shape[:2], np.bool_)
    return Surroundings(rgb, scene) if scene.size >= parameters.smallest_px else None
