"""Find the usual defects of a sticker's matte."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Rgba


@dataclass(frozen=True)
class MatteQualityParameters:
    """Limits of `find_matte_defect`."""

    min_opaque_share: float = 0.05
    """Mean alpha of a sticker, 0..1, below which the object was lost."""
    max_opaque_share: float = 0.98
    """Mean alpha above which the background was kept."""
    min_soft_pixels_per_edge_pixel: float = 0.5
    """Translucent pixels per pixel of the outline; a hard mask has none."""


def find_matte_defect(
    sticker: Rgba,
    *,
    expect_soft_edge: bool,
    parameters: MatteQualityParameters = MatteQualityParameters(),
) -> str:
    """Describe what is wrong with a sticker's matte.

    Parameters
    ----------
    sticker
        (height, width, 4) uint8, cropped to the object as `crop_sticker` does.
    expect_soft_edge
        Whether a hard edge is a defect.
    parameters
        Limits.

    Returns
    -------
    str
        A clause that describes the defect, or an empty string if there is none.

    Examples
    --------
    >>> find_matte_defect(np.full((20, 20, 4), 255, np.uint8), expect_soft_edge=False)
    '100% of its box is opaque: the background was kept'
    """
    alpha = sticker[..., 3]
    opaque_share = float(alpha.mean()) / 255
    if opaque_share < parameters.min_opaque_share:
        return f"only {opaque_share:.0%} of its box is opaque: the object was lost"
    if opaque_share > parameters.max_opaque_share:
        return f"{opaque_share:.0%} of its box is opaque: the background was kept"
    mask = (alpha > 127).astype(np.uint8)
    outline = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    soft_pixels = np.count_nonzero((alpha > 0) & (alpha < 255))
    wanted = parameters.min_soft_pixels_per_edge_pixel * np.count_nonzero(outline)
    if expect_soft_edge and soft_pixels < wanted:
        return "its edge is hard"
    return ""
