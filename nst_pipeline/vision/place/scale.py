"""Compute how tall an object is in a scene, from perspective and the other objects in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from nst_pipeline.vision.shapes import Detection

HEIGHTS_M: Mapping[str, float] = {
    "face": 0.25, "person": 1.7,
    "bicycle": 1.1, "motorcycle": 1.2, "car": 1.5, "bus": 3.0, "truck": 3.0, "train": 3.8,
    "cat": 0.3, "dog": 0.6, "sheep": 0.9, "cow": 1.4, "horse": 1.7, "bear": 1.2, "zebra": 1.5,
    "elephant": 3.0, "giraffe": 4.8, "bird": 0.3,
    "fire hydrant": 0.8, "stop sign": 2.2, "parking meter": 1.4, "bench": 0.9,
    "chair": 0.9, "couch": 0.9, "dining table": 0.75, "potted plant": 0.6, "refrigerator": 1.7,
    "suitcase": 0.7, "backpack": 0.5, "umbrella": 0.9, "teddy bear": 0.4,
    "bottle": 0.28, "wine glass": 0.2, "cup": 0.1, "bowl": 0.1, "vase": 0.3,
}  # fmt: skip
"""Usual heights of objects by detector label (COCO's names), meters."""


@dataclass(frozen=True)
class ScaleParameters:
    """Assumptions about the camera and about objects' sizes."""

    eye_level_m: float = 1.6
    """Height of the camera, meters: people take photos standing. An object of this height reaches
    up to the horizon."""
    min_nearness: float = 0.15
    """Objects closer to the horizon are not used as references, because the horizon is an
    estimate."""
    heights_m: Mapping[str, float] = field(default_factory=lambda: HEIGHTS_M)
    """Usual height of each label, meters."""

    def ratio(self, label: str, other: str) -> float | None:
        """Return the ratio of two labels' usual heights; None if one is unknown."""
        if label == other:
            return 1.0
        if label in self.heights_m and other in self.heights_m:
            return self.heights_m[label] / self.heights_m[other]
        return None


def nearness(foot: float, horizon: float) -> float:
    """Convert a foot's row to nearness: 0 at the horizon, 1 at the scene's bottom edge.

    Both arguments are fractions of the scene's height from the top.
    """
    return (foot - horizon) / (1 - horizon)


def foot_at(near: float, horizon: float) -> float:
    """Convert nearness back to a foot's row, a fraction of the scene's height from the top."""
    return horizon + near * (1 - horizon)


def height_at_bottom_edge(
    label: str,
    horizon: float,
    references: Sequence[Detection],
    scene_height: int,
    *,
    parameters: ScaleParameters = ScaleParameters(),
) -> float | None:
    """Compute how tall an object would be at the scene's bottom edge.

    On level ground, an object's height in the picture is the distance of its foot from the
    horizon, times its height divided by the camera's. Objects found in the scene give the camera's
    height; without any, it is that of a standing person's eyes.

    Parameters
    ----------
    label
        The object's label.
    horizon
        Fraction of the scene's height from the top.
    references
        Objects found in the scene, in its pixels.
    scene_height
        Pixels.
    parameters
        Assumed heights.

    Returns
    -------
    float or None
        Fraction of the scene's height. None if nothing is known about the label.

    References
    ----------
    Hoiem, Efros, Hebert, "Putting Objects in Perspective", CVPR 2006.

    Examples
    --------
    >>> round(height_at_bottom_edge("person", 0.5, [], 1000), 3)
    0.531
    """
    measured = []
    for each in references:
        ratio = parameters.ratio(label, each.label)
        near = nearness(each.box.bottom / scene_height, horizon)
        whole = each.box.y > 0 and each.box.bottom < scene_height
        if ratio is not None and near >= parameters.min_nearness and whole:
            measured.append(ratio * each.box.height / scene_height / near)
    if measured:
        return median(measured)
    height_m = parameters.heights_m.get(label)
    return None if height_m is None else (1 - horizon) * height_m / parameters.eye_level_m
