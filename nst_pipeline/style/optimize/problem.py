"""Define a style transfer problem: the pixels that may change, and the style to take on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.optimize.pyramid import working_size
from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb

Slices = tuple[slice, slice]
"""Rows and columns of a crop."""


@dataclass(frozen=True)
class TransferParameters:
    """How a style transfer is cropped, reduced and searched."""

    crop_margin: float = 0.1
    """Margin kept around a region as context, as a fraction of the region's longer side."""
    max_style_ratio: int = 2
    """Largest side of a region's style picture, in multiples of `Vgg19Settings.side`. It may be
    large, because it is measured only once at each level."""
    coarse_flat_gain: float = 0.05
    """Lower limit of `flat_gain` at all levels but the finest, which only find a start."""


@dataclass(frozen=True)
class TransferProblem:
    """A content picture with the region that may change, and a style picture with its region.

    Attributes
    ----------
    content, style
        (height, width, 3), RGB 0..255, uint8 or float32.
    mask, style_mask
        (height, width) float32, 0..1, not all 0.
    """

    content: Rgb | Pixels
    mask: Matte
    style: Rgb | Pixels
    style_mask: Matte

    def resized(self, content: tuple[int, int], style: tuple[int, int]) -> TransferProblem:
        """Return the problem in float32 at other sizes, (width, height) of content and style."""
        return TransferProblem(
            _resized(self.content, *content),
            np.clip(_resized(self.mask, *content), 0, 1),
            _resized(self.style, *style),
            np.clip(_resized(self.style_mask, *style), 0, 1),
        )


def _resized(picture: Rgb | Pixels, width: int, height: int) -> NDArray[np.float32]:
    # Resized before conversion: a large photo takes four times its memory as float32.
    return np.asarray(resize(picture, width, height), np.float32)


def full_mask(picture: Rgb) -> Matte:
    """Return a mask of 1 everywhere."""
    return np.ones(picture.shape[:2], np.float32)


def mask_or_full(mask: Matte | None, picture: Rgb) -> Matte:
    """Return the mask, or a mask of 1 everywhere if it is None or empty."""
    return full_mask(picture) if mask is None or not mask.any() else mask


def crop_problem(
    start: Rgb,
    mask: Matte,
    style: Rgb,
    style_mask: Matte,
    *,
    side: int,
    parameters: TransferParameters = TransferParameters(),
) -> tuple[Slices, TransferProblem]:
    """Crop the start picture to its region, and reduce content and style to the working size.

    A region's style is reduced by the same factor as the region, because at another scale its
    texture would differ.

    Parameters
    ----------
    start, style
        (height, width, 3) uint8, RGB.
    mask, style_mask
        (height, width) float32, 0..1, not all 0.
    side
        Longest side of the content at the working size, pixels.
    parameters
        Margin of the crop, and limit for the style's size.

    Returns
    -------
    slices
        Rows and columns of the crop in the start picture.
    problem
        The problem at the working size, in float32.
    """
    crop = object_box(mask, parameters.crop_margin).slices
    (height, width), (rows, columns) = mask[crop].shape, style_mask.shape
    scale = min(1.0, side / max(height, width))
    max_scale, ratio = (1.0, 1) if mask.all() else (scale, parameters.max_style_ratio)
    style_scale = min(max_scale, ratio * side / max(rows, columns))
    problem = TransferProblem(start[crop], mask[crop], style, style_mask)
    return crop, problem.resized(
        working_size(width, height, scale), working_size(columns, rows, style_scale)
    )
