"""How large an object is at a place: by perspective, and by what else stands in the scene."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from nst_pipeline.vision.shapes import Detection

EYE_LEVEL_M = 1.6
"""Photos are taken standing: whatever is as tall as this reaches up to the horizon."""
NEAREST_YARDSTICK = 0.15
"""What stands closer to the horizon than this share says little: the horizon is a guess."""

HEIGHTS_M = {
    "face": 0.25, "person": 1.7,
    "bicycle": 1.1, "motorcycle": 1.2, "car": 1.5, "bus": 3.0, "truck": 3.0, "train": 3.8,
    "cat": 0.3, "dog": 0.6, "sheep": 0.9, "cow": 1.4, "horse": 1.7, "bear": 1.2, "zebra": 1.5,
    "elephant": 3.0, "giraffe": 4.8, "bird": 0.3,
    "fire hydrant": 0.8, "stop sign": 2.2, "parking meter": 1.4, "bench": 0.9,
    "chair": 0.9, "couch": 0.9, "dining table": 0.75, "potted plant": 0.6, "refrigerator": 1.7,
    "suitcase": 0.7, "backpack": 0.5, "umbrella": 0.9, "teddy bear": 0.4,
    "bottle": 0.28, "wine glass": 0.2, "cup": 0.1, "bowl": 0.1, "vase": 0.3,
}  # fmt: skip
"""Usual heights of what detectors name (COCO's labels), meters."""


def nearness(foot: float, horizon: float) -> float:
    """0 at the horizon, 1 at the scene's bottom edge; both given as shares of the height."""
    return (foot - horizon) / (1 - horizon)


def foot_at(near: float, horizon: float) -> float:
    """The reverse of `nearness`: where the foot is, as a share of the height."""
    return horizon + near * (1 - horizon)


def _ratio(label: str, other: str) -> float | None:
    """How many times as tall as the other an object is; None where that is not known."""
    if label == other:
        return 1.0
    if label in HEIGHTS_M and other in HEIGHTS_M:
        return HEIGHTS_M[label] / HEIGHTS_M[other]
    return None


def height_in_front(
    label: str, horizon: float, yardsticks: Sequence[Detection], scene_height: int
) -> float | None:
    """The height that an object would have at the scene's bottom edge, as a share of the scene's.

    Everything on level ground is as tall in the picture as its foot is below the horizon, times
    its height over the camera's (Hoiem et al., Putting Objects in Perspective, 2006). Objects that
    were found in the scene tell the camera's height; otherwise it is a standing person's.

    Args:
        label: the object's.
        horizon: share of the scene's height from the top.
        yardsticks: what was found in the scene, in its pixels.
        scene_height: pixels.

    Returns:
        None where nothing is known of the label.
    """
    measured = []
    for each in yardsticks:
        ratio = _ratio(label, each.label)
        near = nearness(each.box.bottom / scene_height, horizon)
        whole = each.box.y > 0 and each.box.bottom < scene_height
        if ratio is not None and near >= NEAREST_YARDSTICK and whole:
            measured.append(ratio * each.box.height / scene_height / near)
    if measured:
        return median(measured)
    return (1 - horizon) * HEIGHTS_M[label] / EYE_LEVEL_M if label in HEIGHTS_M else None
