"""An object and its surroundings, reduced to the size at which their colors are measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.color_change import Change, LabStatistics, lab_statistics
from nst_pipeline.vision.images.color import Lab, to_lab
from nst_pipeline.vision.images.regions import (
    CLEAR_ALPHA,
    SURROUNDINGS_SHARE,
    object_box,
    object_mask,
    rim_mask,
    ring_mask,
)
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Mask, Matte, Rgb


@dataclass(frozen=True)
class ViewParameters:
    """Size of an `ObjectView`. The color models were calibrated with the defaults."""

    side_px: int = 256
    """Longest side of the view; more pixels do not improve the statistics."""
    ring_px: int = 8
    """Width of the ring and the rim, pixels of the view."""
    smallest_region_px: int = 16
    """An object or ring with fewer pixels has no reliable statistics."""


VIEW_PARAMETERS = ViewParameters()


@dataclass(frozen=True)
class ObjectView:
    """An object and its surroundings in LAB, with the masks of the regions.

    Attributes
    ----------
    lab
        (h, w, 3) float32.
    inside
        (h, w) bool, the object.
    rim
        (h, w) bool, the object's pixels next to its outline.
    ring
        (h, w) bool, the scene's pixels next to the outline.
    outside
        (h, w) bool, the scene; includes the ring.
    area_share
        Share of the whole picture that the object covers, 0..1.
    """

    lab: Lab
    inside: Mask
    rim: Mask
    ring: Mask
    outside: Mask
    area_share: float

    def recolored(self, change: Change) -> ObjectView:
        """Return the view after a color change of the object."""
        return replace(self, lab=change.apply_to_lab(self.lab))


@dataclass(frozen=True)
class ObjectColors:
    """An object's LAB statistics, and the mean LAB colors, (3,), on either side of its outline."""

    own: LabStatistics
    rim: NDArray[np.float64]
    ring: NDArray[np.float64]


@dataclass(frozen=True)
class _Regions:
    """Where an object and its surroundings lie, the matte there, reduced, and what is wrong."""

    box: Box
    soft: Matte
    inside: Mask
    ring: Mask
    fault: str


def _regions(matte: Matte, parameters: ViewParameters) -> _Regions:
    box = object_box(matte, SURROUNDINGS_SHARE)
    if box.width == 0:
        nothing = np.zeros((0, 0), np.bool_)
        return _Regions(box, matte[box.slices], nothing, nothing, "there is no object")
    soft = shrink_to_fit(matte[box.slices], parameters.side_px)
    inside, ring = object_mask(soft), ring_mask(soft, parameters.ring_px)
    fault = ""
    if ring.sum() < parameters.smallest_region_px:
        fault = "too little of the scene is around the object"
    if inside.sum() < parameters.smallest_region_px:
        fault = "the object is too small or too faint to be judged"
    return _Regions(box, soft, inside, ring, fault)


def why_no_view(matte: Matte, *, parameters: ViewParameters = VIEW_PARAMETERS) -> str:
    """Say why a composite with this matte has no `object_view`; empty if it has one.

    Examples
    --------
    >>> matte = np.zeros((60, 80), np.float32)
    >>> why_no_view(matte)
    'there is no object'
    >>> matte[30, 40:44] = 1
    >>> why_no_view(matte)
    'the object is too small or too faint to be judged'
    >>> matte[:] = 1
    >>> why_no_view(matte)
    'too little of the scene is around the object'
    """
    return _regions(matte, parameters).fault


def object_view(
    image: Rgb, matte: Matte, *, parameters: ViewParameters = VIEW_PARAMETERS
) -> ObjectView | None:
    """Crop a composite to its object and surroundings, and reduce it.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    parameters
        Size of the view.

    Returns
    -------
    ObjectView or None
        None if there is no object, or too little scene around it; only the matte decides.

    Examples
    --------
    >>> import numpy as np
    >>> image, matte = np.zeros((60, 80, 3), np.uint8), np.zeros((60, 80), np.float32)
    >>> matte[20:40, 30:50] = 1
    >>> object_view(image, matte).inside.sum()
    np.int64(400)
    >>> object_view(image, np.ones_like(matte)) is None
    True
    """
    found = _regions(matte, parameters)
    if found.fault:
        return None
    small = shrink_to_fit(image[found.box.slices], parameters.side_px)
    rim = rim_mask(found.soft, parameters.ring_px)
    if rim.sum() < parameters.smallest_region_px:
        rim = found.inside
    outside, share = np.asarray(found.soft <= CLEAR_ALPHA), float(matte.mean())
    return ObjectView(to_lab(small), found.inside, rim, found.ring, outside, share)


def object_colors(view: ObjectView) -> ObjectColors:
    """Measure the colors of an object, and those on both sides of its outline."""
    own, rim, ring = (lab_statistics(view.lab, mask) for mask in (view.inside, view.rim, view.ring))
    return ObjectColors(own, rim.mean, ring.mean)
