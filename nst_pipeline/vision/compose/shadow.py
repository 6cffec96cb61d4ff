"""Draw the contact shadow: the dark ground under an object, where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.compose.foot_line import ground_line, lowest_rows
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Box, Mask, Matte


@dataclass(frozen=True)
class ShadowParameters:
    """Shape of the shadow. Fractions are of the object's named length."""

    work_side_px: int = 384
    """Shadows are smooth, so they are drawn for objects of this longest side and then enlarged."""
    lift: float = 0.16
    """Of the height: height above the foot at which 1/e of the shadow is left. A rear wheel still
    stands on the ground, a tail does not."""
    clearance: float = 0.3
    """Of the height: distance of the underside from the ground at which 1/e of it is left."""
    depth: float = 0.09
    """Of the height: distance toward the back over which the shadow fades to 1/e."""
    forward: float = 0.05
    """Of the height: the shadow begins this far in front of the lowest row, because a foot has
    depth."""
    narrow_blur: float = 0.02
    """Of the shorter side: standard deviation of the narrow blur, which leaves a dark crease."""
    wide_blur: float = 0.13
    """Of the shorter side: standard deviation of the wide blur, for the soft rest."""
    wide_gain: float = 2.4
    """Strength of the soft rest, which the blur has spread."""
    flatness: float = 0.4
    """Ratio of the vertical to the horizontal blur, because the ground is seen at a slant."""
    min_blur_px: float = 0.5
    """Least standard deviation of a blur: no shadow is sharper than a pixel."""
    cutoff: float = 3
    """Gaussians and exponentials are cut off at this many widths."""


def _crease(solid: Mask, region: Box, parameters: ShadowParameters) -> Matte:
    """Draw the shadow before blurring: a band along the ground line, dark at the contacts."""
    columns = np.flatnonzero(solid.any(0))
    lowest = lowest_rows(solid[:, columns])
    ground = ground_line(columns.astype(np.float64), lowest)
    height = len(solid)
    lift, clearance = (ground.max() - ground) / height, (ground - lowest) / height
    contact = np.exp(-((lift / parameters.lift) ** 2) - clearance / parameters.clearance)
    rows = np.arange(region.y, region.bottom)[:, None]
    behind = (ground - rows) / height + parameters.forward
    band = np.where(behind >= 0, np.exp(-behind / parameters.depth), 0)
    crease = np.zeros((region.height, region.width), np.float32)
    crease[:, columns - region.x] = band * contact
    return crease


def _blurred(crease: Matte, std_px: float, parameters: ShadowParameters) -> Matte:
    across = max(std_px, parameters.min_blur_px)
    down = max(parameters.flatness * std_px, parameters.min_blur_px)
    return np.asarray(cv2.GaussianBlur(crease, (0, 0), across, sigmaY=down), np.float32)


def _region(width: int, height: int, parameters: ShadowParameters) -> Box:
    """Return the box that the shadow of an object of that size fills, in the object's pixels."""
    reach = parameters.cutoff * parameters.wide_blur * min(width, height)
    aside = round(reach) + 1
    down = round(reach * parameters.flatness + parameters.forward * height) + 1
    up = round(parameters.cutoff * (parameters.lift + parameters.depth) * height)
    return Box(-aside, height - up, width + 2 * aside, up + down)


def contact_shadow(
    alpha: Matte, *, parameters: ShadowParameters = ShadowParameters()
) -> tuple[Box, Matte]:
    """Draw the shadow on the ground at an object's foot.

    The closer an object is to the ground, the less ambient light gets there: the shadow is dark
    and narrow along the contact and fades softly around it, equally to the left and right. The
    ground line connects the points of the outline on which the object stands. An object that lets
    light through casts that much less of a shadow.

    Parameters
    ----------
    alpha
        (height, width) float32, 0..1: the object as it lies on the scene.
    parameters
        Shape of the shadow.

    Returns
    -------
    box
        Where the shadow lies, in the pixels of `alpha`; it reaches past the matte's edges. It has
        no area if there is no object.
    shade
        (h, w) float32, 0..1: the fraction of light that the shadow removes in the box.

    Examples
    --------
    >>> box, shade = contact_shadow(np.ones((40, 20), np.float32))
    >>> box.y < 40 < box.bottom, shade.shape == (box.height, box.width)
    (True, True)
    """
    solid = object_mask(shrink_to_fit(alpha, parameters.work_side_px))
    if not solid.any():
        return Box(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    height, width = solid.shape
    region = _region(width, height, parameters)
    crease = _crease(solid, region, parameters)
    narrow, wide = (
        _blurred(crease, fraction * min(width, height), parameters)
        for fraction in (parameters.narrow_blur, parameters.wide_blur)
    )
    # Both shadows remove light, one after the other.
    soft = np.minimum(parameters.wide_gain * wide, 1)
    shade = np.asarray(1 - (1 - narrow) * (1 - soft), np.float32)
    scale = alpha.shape[1] / width
    x, y, across, down = (
        round(scale * side) for side in (region.x, region.y, region.width, region.height)
    )
    # Bicubic enlargement overshoots.
    enlarged = np.clip(resize(shade, across, down), 0, 1)
    return Box(x, y, across, down), enlarged * alpha.max()
