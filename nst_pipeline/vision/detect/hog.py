"""Standing people, by histograms of oriented gradients."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box, Detection, Rgb

_STRIDE = (8, 8)
_SCALE_STEP = 1.05
_SURE_WEIGHT = 1.2
"""Distance from the separating plane at which a window is a person more likely than not."""
_WEIGHT_SPREAD = 0.25
"""Distance over which that doubt turns into trust."""
_WINDOW = (64, 128)
_PAD_X, _PAD_Y = 0.14, 0.04
"""The training windows' empty margin on each side, as a share of the window; cut off again."""


@cache
def _people_detector() -> cv2.HOGDescriptor:
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))
    return hog


def _score(weight: float) -> float:
    return 1 / (1 + math.exp(-(weight - _SURE_WEIGHT) / _WEIGHT_SPREAD))


def _without_margin(x: int, y: int, width: int, height: int) -> Box:
    left, top = round(width * _PAD_X), round(height * _PAD_Y)
    return Box(x + left, y + top, width - 2 * left, height - 2 * top)


def find_people(photo: Rgb) -> list[Detection]:
    """Find people who stand or walk and show most of their body.

    Args:
        photo: (height, width, 3) uint8 RGB.

    Returns:
        Boxes without the detector's margin; the score is a logistic curve of the distance from
        the classifier's separating plane, low for the many weak responses.

    Source: Dalal, Triggs, "Histograms of Oriented Gradients for Human Detection", 2005.
    """
    height, width = photo.shape[:2]
    if width < _WINDOW[0] or height < _WINDOW[1]:
        return []
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    windows, weights = _people_detector().detectMultiScale(
        gray, winStride=_STRIDE, scale=_SCALE_STEP
    )
    return [
        Detection(
            _without_margin(*map(int, window)).clipped(width, height),
            "person",
            _score(float(weight)),
            "hog",
        )
        for window, weight in zip(windows, weights, strict=True)
    ]
