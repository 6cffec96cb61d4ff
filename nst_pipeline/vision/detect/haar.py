"""People by their faces, with the Haar cascades that OpenCV ships.

A face is no object to cut out: its box is grown to head and shoulders, as far as the photo goes.
The body and cat cascades are left out. On photos they answer to hedges and motorbikes as firmly as
to people and cats.
"""

from __future__ import annotations

import math
from pathlib import Path
from threading import local

import cv2

from nst_pipeline.vision.detect.boxes import overlap
from nst_pipeline.vision.shapes import Box, Detection, Rgb

_JUDGE, _WITNESS = "haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml"
_SCALE_STEP, _NEIGHBORS = 1.1, 3
_AGREEMENT = 0.5
"""Two cascades mean the same face when their boxes overlap (IoU) by more than this."""
_SURE_WEIGHT, _WEIGHT_SPREAD = 3.0, 0.8
"""Weight of the last stage at which a face is as likely as not, and how fast trust grows."""
_ABOVE, _BELOW, _WIDTH = 0.6, 4.5, 3.6
"""Head and shoulders around a face, in face heights: above it, below its top, and across."""


_OWN = local()
"""A cascade holds the picture that it is looking at: each thread has its own."""


def _cascade(name: str) -> cv2.CascadeClassifier:
    loaded: dict[str, cv2.CascadeClassifier] = _OWN.__dict__
    if name not in loaded:
        loaded[name] = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
    return loaded[name]


def _faces(photo: Rgb, name: str) -> list[tuple[Box, float]]:
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    boxes, _, weights = _cascade(name).detectMultiScale3(
        gray, _SCALE_STEP, _NEIGHBORS, outputRejectLevels=True
    )
    return [
        (Box(*map(int, box)), float(weight)) for box, weight in zip(boxes, weights, strict=True)
    ]


def _head_and_shoulders(face: Box) -> Box:
    width = round(face.width * _WIDTH)
    top = face.y - round(face.height * _ABOVE)
    left = face.x + (face.width - width) // 2
    return Box(left, top, width, face.y + round(face.height * _BELOW) - top)


def _score(weight: float) -> float:
    return 1 / (1 + math.exp(-(weight - _SURE_WEIGHT) / _WEIGHT_SPREAD))


def find_faces(photo: Rgb) -> list[Detection]:
    """Find people whose face is seen from the front.

    Args:
        photo: (height, width, 3) uint8 RGB.

    Returns:
        Boxes of head and shoulders for faces that two cascades, trained apart, agree on.

    Source: Viola, Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", 2001.
    """
    height, width = photo.shape[:2]
    witnesses = [box for box, _ in _faces(photo, _WITNESS)]
    return [
        Detection(
            _head_and_shoulders(face).clipped(width, height), "person", _score(weight), "haar"
        )
        for face, weight in _faces(photo, _JUDGE)
        if any(overlap(face, seen) > _AGREEMENT for seen in witnesses)
    ]
