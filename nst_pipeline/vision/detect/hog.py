"""Find standing people with histograms of oriented gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box, Detection, Rgb

_WINDOW_PX = (64, 128)
"""Width and height of the windows that OpenCV's people detector was trained on."""


@dataclass(frozen=True)
class PeopleParameters:
    """Tuned constants of people detection."""

    stride_px: tuple[int, int] = (8, 8)
    """Steps between windows, across and down."""
    scale_step: float = 1.05
    """Ratio of the picture sizes searched."""
    even_weight: float = 1.2
    """Distance from the separating plane at which a person has a probability of one half."""
    weight_scale: float = 0.25
    """Scale of the logistic curve from distance to score."""
    margin_x: float = 0.14
    """Empty margin left and right in the training windows, as a fraction of the width."""
    margin_y: float = 0.04
    """Empty margin above and below, as a fraction of the height."""


@cache
def _people_detector() -> cv2.HOGDescriptor:
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))
    return hog


def _score(weight: float, parameters: PeopleParameters) -> float:
    return 1 / (1 + math.exp(-(weight - parameters.even_weight) / parameters.weight_scale))


def _without_margin(window: Box, parameters: PeopleParameters) -> Box:
    left = round(window.width * parameters.margin_x)
    top = round(window.height * parameters.margin_y)
    return Box(window.x + left, window.y + top, window.width - 2 * left, window.height - 2 * top)


def find_people(
    photo: Rgb, *, parameters: PeopleParameters = PeopleParameters()
) -> list[Detection]:
    """Find people who stand or walk and show most of their body.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    parameters
        Tuned constants.

    Returns
    -------
    list of Detection
        Boxes without the detector's margin, labeled `person`. The score is a logistic function of
        the distance from the classifier's separating plane; the many weak responses score low.

    References
    ----------
    Dalal, Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
    """
    height, width = photo.shape[:2]
    if width < _WINDOW_PX[0] or height < _WINDOW_PX[1]:
        return []
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    windows, weights = _people_detector().detectMultiScale(
        gray, winStride=parameters.stride_px, scale=parameters.scale_step
    )
    return [
        Detection(
            _without_margin(Box(*map(int, window)), parameters).clipped(width, height),
            "person",
            _score(float(weight), parameters),
            "hog",
        )
        for window, weight in zip(windows, weights, strict=True)
    ]
