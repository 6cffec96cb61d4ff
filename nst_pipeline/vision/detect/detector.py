"""Ask the finders in order of trust; the first that finds something is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from nst_pipeline.settings import DetectionSettings
from nst_pipeline.vision.detect.boxes import distinct, scaled
from nst_pipeline.vision.detect.dnn import find_with_model
from nst_pipeline.vision.detect.haar import find_with_cascades
from nst_pipeline.vision.detect.hog import find_people
from nst_pipeline.vision.detect.subject import find_subject
from nst_pipeline.vision.shapes import Detection, Mask, Rgb

_WORK_SIDE = 640
"""Finders look at photos shrunk to this longest side: objects worth a sticker stay large."""
_GIVEN = "sidecar"


def _finder(method: str, settings: DetectionSettings) -> Callable[[Rgb], list[Detection]]:
    finders: dict[str, Callable[[Rgb], list[Detection]]] = {
        "dnn": lambda work: find_with_model(work, settings.dnn_model, settings.dnn_labels),
        "hog": find_people,
        "haar": find_with_cascades,
        "subject": find_subject,
    }
    return finders[method]


def _shrunk(photo: Rgb) -> Rgb:
    height, width = photo.shape[:2]
    scale = _WORK_SIDE / max(height, width)
    if scale >= 1:
        return photo
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)


def _enlarged_mask(mask: Mask, width: int, height: int) -> Mask:
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(soft >= 0.5)


def _in_photo(found: Detection, work: Rgb, photo: Rgb) -> Detection:
    """A detection of the shrunken picture in the photo's pixels."""
    height, width = photo.shape[:2]
    box = scaled(found.box, width / work.shape[1], height / work.shape[0]).clipped(width, height)
    mask = None if found.mask is None else _enlarged_mask(found.mask, width, height)
    return replace(found, box=box, mask=mask)


def detect(
    photo: Rgb, settings: DetectionSettings, given: Sequence[Detection] = ()
) -> list[Detection]:
    """Find the objects of a photo.

    Args:
        photo: (height, width, 3) uint8 RGB.
        settings: the methods in order of trust, the smallest score, how many objects.
        given: the user's own boxes or masks, from a sidecar; the method "sidecar" returns them.

    Returns:
        The objects of the first method that found any, best first, in the photo's pixels,
        without duplicates; empty where nothing was found.

    Raises:
        ModelUnavailableError: `detection.dnn_model` is set but cannot be used.
        SettingError: `detection.dnn_labels` cannot be read.
    """
    work = _shrunk(photo)
    for method in settings.methods:
        if method == _GIVEN:
            found = list(given)
        else:
            found = [_in_photo(one, work, photo) for one in _finder(method, settings)(work)]
        trusted = distinct(one for one in found if one.score >= settings.min_score)
        if trusted:
            # What the user marked is wanted, all of it.
            return trusted if method == _GIVEN else trusted[: settings.max_objects]
    return []
