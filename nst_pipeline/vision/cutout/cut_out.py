"""From a detection to a cut-out: crop, hard mask, soft matte, clean colors, full frame."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout.masks import mask_box
from nst_pipeline.vision.cutout.matting import clean_colors, soft_matte
from nst_pipeline.vision.cutout.outline import redrawn_outline
from nst_pipeline.vision.cutout.segment import segment
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Cutout, Detection, Mask, Matte, Rgb

_MARGIN = 0.4
"""Background kept on each side of the box, as a share of its longer side."""
_MIN_SIDE = 4
"""Boxes with a shorter side hold too few pixels to tell an object from its background."""


def _empty(photo: Rgb) -> Cutout:
    return Cutout(np.zeros(photo.shape[:2], np.float32), photo.copy(), 0.0)


def _grown(box: Box) -> Box:
    return box.widened(max(int(_MARGIN * max(box.width, box.height)), 2))


def _to_work(box: Box, crop: Box, scale: float) -> Box:
    """A box of the photo in the pixels of the shrunken crop."""
    left, top = int((box.x - crop.x) * scale), int((box.y - crop.y) * scale)
    right, bottom = (box.right - crop.x) * scale, (box.bottom - crop.y) * scale
    return Box(left, top, max(round(right) - left, 1), max(round(bottom) - top, 1))


def _matte_and_colors(work: Rgb, mask: Mask, matting: bool) -> tuple[Matte, Rgb]:
    if not matting:
        return mask.astype(np.float32), work
    matte = soft_matte(work, mask)
    return matte, clean_colors(work, matte)


def _full_frame(photo: Rgb, crop: Box, work: Rgb, matte: Matte, colors: Rgb) -> tuple[Matte, Rgb]:
    """Carry matte and colors of the work picture to the photo's size.

    The colors go as a correction, so that the photo's own detail stays.
    """
    size = (crop.width, crop.height)
    full_matte = np.zeros(photo.shape[:2], np.float32)
    full_matte[crop.slices] = cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR)
    correction = cv2.resize(colors.astype(np.float32) - work, size, interpolation=cv2.INTER_LINEAR)
    full_colors = photo.copy()
    full_colors[crop.slices] = round_to_uint8(photo[crop.slices] + correction)
    return full_matte, full_colors


def work_picture(photo: Rgb, box: Box, work_side: int) -> tuple[Rgb, Box, Box, float]:
    """A box with its surroundings, shrunk to the size that outlines are found at.

    Returns:
        The work picture, the box in it, the crop of the photo that it shows, and its scale.
    """
    crop = _grown(box).clipped(photo.shape[1], photo.shape[0])
    scale = min(1.0, work_side / max(crop.width, crop.height))
    return shrink_to_fit(photo[crop.slices], work_side), _to_work(box, crop, scale), crop, scale


def cut_out(photo: Rgb, detection: Detection, settings: CutoutSettings) -> Cutout:
    """Cut a detected object out of its photo.

    Args:
        photo: (height, width, 3) uint8 RGB.
        detection: its box is the start; where it brings a mask, that is trusted and only its
            edge is softened.
        settings: work size, whether to matte, smallest object.

    Returns:
        Full-frame matte, decontaminated colors and the quality of the outline. A box that holds
        (almost) nothing of the photo gives an empty matte and quality 0. The quality is the IoU
        with the true mask that is to be expected; of a given mask it is the detection's score.
        The figures also tell how far GrabCut's starts agree, and how much of the box is filled.

    Sources: GrabCut (Rother 2004) and further clues under an additive logistic model, closed-form
    matting (Levin 2008), multi-level foreground estimation (Germer 2020).
    """
    height, width = photo.shape[:2]
    given = detection.mask
    box = (detection.box if given is None else mask_box(given)).clipped(width, height)
    if min(box.width, box.height) < _MIN_SIDE:
        return _empty(photo)
    work, work_box, crop, _ = work_picture(photo, box, settings.work_side)
    if given is None:
        mask, figures = segment(work, work_box)
        mask = redrawn_outline(work, mask)
        quality = figures["expected_iou"]
    else:
        mask = (
            shrink_to_fit(np.asarray(given[crop.slices] * 255, np.uint8), settings.work_side) > 127
        )
        figures, quality = {"given": detection.score}, detection.score
    matte, colors = _matte_and_colors(work, mask, settings.matting)
    full_matte, full_colors = _full_frame(photo, crop, work, matte, colors)
    if full_matte.sum() < settings.min_area_fraction * height * width:
        return _empty(photo)
    return Cutout(full_matte, full_colors, float(np.clip(quality, 0, 1)), figures)
