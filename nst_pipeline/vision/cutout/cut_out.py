"""Cut a detected object out of its photo: crop, hard mask, soft matte, clean colors."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.cutout.matting import (
    MattingParameters,
    estimate_foreground,
    estimate_matte,
)
from nst_pipeline.vision.cutout.own_alpha import limit_to_alpha, matte_from_alpha
from nst_pipeline.vision.cutout.quality import QualityParameters, predict_quality
from nst_pipeline.vision.cutout.segmentation import (
    BoxMaskParameters,
    CutoutNetwork,
    edge_evidence,
    mask_in_box,
)
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Cutout, Detection, Mask, Matte, Rgb


@dataclass(frozen=True)
class CropParameters:
    """Parameters of `crop_around`."""

    margin_share: float = 0.4
    """Background kept on each side of the box, as a share of the box's longer side."""
    min_margin_px: int = 2


@dataclass(frozen=True)
class CutoutParameters:
    """Parameters of `cut_out` and of its steps."""

    min_box_side_px: int = 4
    """Boxes with a shorter side hold too few pixels to separate object and background."""
    crop: CropParameters = field(default_factory=CropParameters)
    box_mask: BoxMaskParameters = field(default_factory=BoxMaskParameters)
    matting: MattingParameters = field(default_factory=MattingParameters)
    quality: QualityParameters = field(default_factory=QualityParameters)


@dataclass(frozen=True)
class Crop:
    """The part of a photo around a box, shrunk to the size at which outlines are found."""

    image: Rgb
    """(height, width, 3) uint8 RGB."""
    box: Box
    """The box, in the image's pixels."""
    source_box: Box
    """The part of the photo that the image shows, in the photo's pixels."""


def crop_around(
    photo: Rgb, box: Box, longest_side: int, *, parameters: CropParameters = CropParameters()
) -> Crop:
    """Crop a photo to a box with some background, and shrink the crop to a longest side.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    box
        Inside the photo.
    longest_side
        Pixels; smaller crops are not enlarged.
    parameters
        Width of the background.

    Returns
    -------
    Crop
        The image, with the box in its pixels.
    """
    wanted_margin = int(parameters.margin_share * max(box.width, box.height))
    margin = max(wanted_margin, parameters.min_margin_px)
    source = box.expanded(margin).clipped(photo.shape[1], photo.shape[0])
    scale = min(1.0, longest_side / max(source.width, source.height))
    image = shrink_to_fit(photo[source.slices], longest_side)
    return Crop(image, _scale_box(box, source, scale), source)


def _scale_box(box: Box, source: Box, scale: float) -> Box:
    left, top = int((box.x - source.x) * scale), int((box.y - source.y) * scale)
    right, bottom = (box.right - source.x) * scale, (box.bottom - source.y) * scale
    return Box(left, top, max(round(right) - left, 1), max(round(bottom) - top, 1))


def _empty_cutout(photo: Rgb) -> Cutout:
    return Cutout(np.zeros(photo.shape[:2], np.float32), photo.copy(), 0.0)


def _matte_and_colors(
    image: Rgb, mask: Mask, matting: bool, parameters: MattingParameters
) -> tuple[Matte, Rgb]:
    if not matting:
        return mask.astype(np.float32), image
    matte = estimate_matte(image, mask, parameters=parameters)
    return matte, estimate_foreground(image, matte)


def _to_full_frame(photo: Rgb, crop: Crop, matte: Matte, colors: Rgb) -> tuple[Matte, Rgb]:
    """Transfer a crop's matte and colors to the photo's size.

    Colors are transferred as a correction, so that the photo keeps its own detail.
    """
    part, size = crop.source_box.slices, (crop.source_box.width, crop.source_box.height)
    full_matte = np.zeros(photo.shape[:2], np.float32)
    # Linear: bicubic interpolation would leave the range of the matte.
    full_matte[part] = cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR)
    change = colors.astype(np.float32) - crop.image
    correction = cv2.resize(change, size, interpolation=cv2.INTER_LINEAR)
    full_colors = photo.copy()
    full_colors[part] = round_to_uint8(photo[part] + correction)
    return full_matte, full_colors


def _shrink_mask(mask: Mask, longest_side: int) -> Mask:
    levels = np.asarray(mask * 255, np.uint8)
    return shrink_to_fit(levels, longest_side) > 127


def _segment(
    crop: Crop, network: CutoutNetwork, parameters: CutoutParameters
) -> tuple[Mask, dict[str, float]]:
    """Find the mask of the object in a crop's box, and how good it probably is."""
    found = network(crop.image, crop.box)
    mask, implied_iou = mask_in_box(found.probability, crop.box, parameters=parameters.box_mask)
    figures = {
        "expected_iou": implied_iou,
        "agreement": found.agreement,
        "network_iou": implied_iou if found.expected_iou is None else found.expected_iou,
        "edges": edge_evidence(crop.image, mask),
        "filled": min(float(mask.sum()) / (crop.box.width * crop.box.height), 1.0),
    }
    return mask, figures


def cut_out(
    photo: Rgb,
    detection: Detection,
    settings: CutoutSettings,
    *,
    network: CutoutNetwork | None = None,
    alpha: Matte | None = None,
    parameters: CutoutParameters = CutoutParameters(),
) -> Cutout:
    """Cut a detected object out of its photo.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    detection
        The object's box, in the photo's pixels. If the detection has a mask, the mask is trusted
        and only its edge is softened.
    settings
        Working size, whether to estimate a soft matte, and the smallest object.
    network
        From `nst_pipeline.style.cutout_network.load_cutout_network`. Objects with a mask of their
        own, or cut out by the photo's transparency, need none.
    alpha
        (height, width) float32, 0..1: the photo's own transparency, if it has any. It is the
        matte of what lies in the detection's box, and bounds every other matte.
    parameters
        Parameters of each step.

    Returns
    -------
    Cutout
        Matte and colors in the photo's frame. `quality` is the expected IoU with the true mask, and
        `figures` holds what it was predicted from. For a given mask or alpha, both are the
        detection's score. Matte and quality are 0 if the box is outside the photo or the object is
        too small.

    Raises
    ------
    ValueError
        The object has no mask, and `network` is missing.

    References
    ----------
    Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008.
    Germer, Uelwer, Conrad, Harmeling, "Fast Multi-Level Foreground Estimation", 2020.

    Examples
    --------
    >>> photo = np.full((80, 100, 3), (70, 90, 120), np.uint8)
    >>> photo[20:60, 30:70] = (230, 130, 30)
    >>> mask = (photo == (230, 130, 30)).all(-1)
    >>> detection = Detection(Box(30, 20, 40, 40), "square", 1.0, "sidecar", mask)
    >>> cutout = cut_out(photo, detection, CutoutSettings(matting=False))
    >>> cutout.matte.shape, int((cutout.matte > 0.5).sum())
    ((80, 100), 1600)
    """
    height, width = photo.shape[:2]
    smallest_area = settings.min_area_fraction * height * width
    own = None if alpha is None else matte_from_alpha(alpha, detection)
    if own is not None:
        if np.count_nonzero(own) < smallest_area:
            return _empty_cutout(photo)
        return Cutout(own, photo, detection.score, {"given": detection.score})
    given = detection.mask
    box = (detection.box if given is None else bounding_box(given)).clipped(width, height)
    if min(box.width, box.height) < parameters.min_box_side_px:
        return _empty_cutout(photo)
    crop = crop_around(photo, box, settings.work_side, parameters=parameters.crop)
    if given is None:
        if network is None:
            raise ValueError("an object without a mask needs network=load_cutout_network()")
        mask, figures = _segment(crop, network, parameters)
        quality = predict_quality(figures, parameters=parameters.quality)
    else:
        mask = _shrink_mask(given[crop.source_box.slices], settings.work_side)
        figures, quality = {"given": detection.score}, detection.score
    matte, colors = _matte_and_colors(crop.image, mask, settings.matting, parameters.matting)
    full_matte, full_colors = _to_full_frame(photo, crop, matte, colors)
    if full_matte.sum() < smallest_area:
        return _empty_cutout(photo)
    cutout = Cutout(full_matte, full_colors, float(np.clip(quality, 0, 1)), figures)
    return cutout if alpha is None else limit_to_alpha(cutout, alpha, photo)
