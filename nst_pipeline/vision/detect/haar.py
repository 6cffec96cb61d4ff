"""Find people by their faces, with the Haar cascades that come with OpenCV.

Nobody wants to cut out a bare face, so its box is extended to head and shoulders. The cascades for
bodies and cats are not used: on photos they respond to hedges and motorcycles as strongly as to
people and cats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from threading import local

import cv2

from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.shapes import Box, Detection, Rgb

_SCORED = "haarcascade_frontalface_default.xml"
"""The cascade whose boxes and weights are used."""
_CONFIRMING = "haarcascade_frontalface_alt2.xml"
"""The cascade that must find the same face."""

_THREAD = local()
"""A cascade stores the picture that it works on, so each thread loads its own."""


@dataclass(frozen=True)
class FaceParameters:
    """Tuned constants of face detection."""

    scale_step: float = 1.1
    """Ratio of the window sizes tried."""
    min_neighbors: int = 3
    """Smallest number of overlapping windows for a face."""
    min_agreement: float = 0.5
    """Two cascades found the same face if the intersection over union of its boxes is larger."""
    even_weight: float = 3.0
    """Weight of the last stage at which a face has a probability of one half."""
    weight_scale: float = 0.8
    """Scale of the logistic curve from weight to score."""
    above: float = 0.6
    """Extent of head and shoulders above the face's top, in face heights."""
    below: float = 4.5
    """Extent below the face's top, in face heights."""
    width: float = 3.6
    """Width of head and shoulders, in face widths."""


def _cascade(name: str) -> cv2.CascadeClassifier:
    loaded: dict[str, cv2.CascadeClassifier] = _THREAD.__dict__
    if name not in loaded:
        loaded[name] = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
    return loaded[name]


def _faces(photo: Rgb, name: str, parameters: FaceParameters) -> list[tuple[Box, float]]:
    """Return the boxes and weights of the faces that one cascade finds."""
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    boxes, _, weights = _cascade(name).detectMultiScale3(
        gray, parameters.scale_step, parameters.min_neighbors, outputRejectLevels=True
    )
    return [
        (Box(*map(int, box)), float(weight)) for box, weight in zip(boxes, weights, strict=True)
    ]


def _head_and_shoulders(face: Box, parameters: FaceParameters) -> Box:
    width = round(face.width * parameters.width)
    top = face.y - round(face.height * parameters.above)
    left = face.x + (face.width - width) // 2
    return Box(left, top, width, face.y + round(face.height * parameters.below) - top)


def _score(weight: float, parameters: FaceParameters) -> float:
    return 1 / (1 + math.exp(-(weight - parameters.even_weight) / parameters.weight_scale))


def find_faces(photo: Rgb, *, parameters: FaceParameters = FaceParameters()) -> list[Detection]:
    """Find people who face the camera.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    parameters
        Tuned constants.

    Returns
    -------
    list of Detection
        Boxes of head and shoulders, labeled `person`, for faces that two independently trained
        cascades agree on.

    References
    ----------
    Viola, Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", CVPR 2001.
    """
    height, width = photo.shape[:2]
    confirming = [box for box, _ in _faces(photo, _CONFIRMING, parameters)]
    return [
        Detection(
            _head_and_shoulders(face, parameters).clipped(width, height),
            "person",
            _score(weight, parameters),
            "haar",
        )
        for face, weight in _faces(photo, _SCORED, parameters)
        if any(
            intersection_over_union(face, other) > parameters.min_agreement for other in confirming
        )
    ]
