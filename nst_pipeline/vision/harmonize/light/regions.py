"""Where light is measured: on the object and around it, but away from the seam.

What lies at the outline tells how well an object was cut out and pasted, not what light falls on
it. A band on both sides of it is therefore left out, wider than any soft edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import SURROUNDINGS_SHARE, dilate, object_box, object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Mask, Matte, Rgb


@dataclass(frozen=True)
class RegionParameters:
    """Sizes of the view and the band. The judge was trained with the defaults."""

    side_px: int = 256
    """Longest side of the object with its surroundings; more pixels do not improve statistics."""
    covered_alpha: float = 0.02
    """From this alpha on, a pixel is not the scene's."""
    seam_share: float = 0.05
    """Width of the band on each side, as a share of the square root of the object's area."""
    seam_px: tuple[int, int] = (3, 9)
    """Smallest and largest width."""
    soft_px: int = 2
    """More outside, where a soft edge ends."""
    smallest_inside_px: int = 60
    """With fewer pixels inside the band, a narrow object is measured up to its outline."""
    smallest_px: int = 400
    """With fewer pixels, a scene's light cannot be judged."""


@dataclass(frozen=True)
class Surroundings:
    """An object and its surroundings.

    Attributes
    ----------
    rgb
        (h, w, 3) float32, sRGB 0..1.
    scene
        (h, w) bool, what is the scene's.
    inside
        (h, w) bool, what is the object's; empty if there is none.
    """

    rgb: np.ndarray[tuple[int, int, int], np.dtype[np.float32]]
    scene: Mask
    inside: Mask


def surroundings(
    image: Rgb, matte: Matte, *, parameters: RegionParameters = RegionParameters()
) -> Surroundings | None:
    """Crop a picture to an object's surroundings, and find what of them is scene and object.

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
    >>> bool(around.scene[19, 44]), bool(around.scene[18, 44])
    (False, True)
    >>> surroundings(image, np.ones_like(matte)) is None
    True
    """
    box = object_box(matte, SURROUNDINGS_SHARE)
    if box.width == 0:
        return None
    small = shrink_to_fit(matte[box.slices], parameters.side_px)
    whole = object_mask(small)
    side = float(np.sqrt(whole.sum()))
    band = int(np.clip(side * parameters.seam_share, *parameters.seam_px))
    # The band begins at the outline, not where the soft edge ends, so that it is the same for any.
    reach = dilate(whole, band + parameters.soft_px)
    scene = ~(reach | (small > parameters.covered_alpha))
    if scene.sum() < parameters.smallest_px:
        return None
    inside = ~dilate(~whole, band)
    if inside.sum() < parameters.smallest_inside_px:
        inside = whole
    rgb = to_float(shrink_to_fit(image[box.slices], parameters.side_px))
    return Surroundings(rgb, scene, inside)
