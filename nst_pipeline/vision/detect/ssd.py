"""Turn what a single-shot detector says at its anchors into boxes with scores.

The numbers are those of TensorFlow's Object Detection API for SSDLite MobileNetV2 at 300 pixels.

References
----------
Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.detect.network import DetectorRows


@dataclass(frozen=True)
class SsdParameters:
    """What the network was trained with. Sizes are fractions of the picture's side."""

    map_sides: tuple[int, ...] = (19, 10, 5, 3, 2, 1)
    """Sides of the feature maps from which boxes are predicted."""
    smallest_scales: tuple[float, ...] = (0.1, 0.2, 0.2)
    """Anchor sizes of the first feature map, for `smallest_ratios`."""
    smallest_ratios: tuple[float, ...] = (1.0, 2.0, 0.5)
    """Width over height of the first feature map's anchors."""
    scales: tuple[float, ...] = (0.35, 0.5, 0.65, 0.8, 0.95)
    """Anchor size of each further feature map."""
    ratios: tuple[float, ...] = (1.0, 2.0, 0.5, 3.0, 0.3333)
    """Width over height of its anchors; one more is square, between this size and the next."""
    center_scale: float = 10.0
    """Divides the predicted shifts of the center."""
    size_scale: float = 5.0
    """Divides the predicted logarithms of the size."""
    max_overlap: float = 0.6
    """Boxes with a larger intersection over union show the same object."""
    min_score: float = 0.05
    """Drops the many boxes below it; no useful `detection.min_score` is lower."""


def _sizes(number: int, parameters: SsdParameters) -> NDArray[np.float64]:
    """Return height and width of each anchor at a place of a feature map, (anchors, 2)."""
    if number == 0:
        scales, ratios = map(np.array, (parameters.smallest_scales, parameters.smallest_ratios))
    else:
        scale, following = (*parameters.scales, 1.0)[number - 1 : number + 1]
        scales = np.array([scale] * len(parameters.ratios) + [np.sqrt(scale * following)])
        ratios = np.array([*parameters.ratios, 1.0])
    return np.stack([scales / np.sqrt(ratios), scales * np.sqrt(ratios)], axis=1)


@cache
def anchors(parameters: SsdParameters = SsdParameters()) -> NDArray[np.float64]:
    """Return the boxes that the network's predictions start from.

    Returns
    -------
    numpy.ndarray
        (N, 4): center y and x, height, width, as fractions of the picture, in the order of the
        network's output.
    """
    every = []
    for number, side in enumerate(parameters.map_sides):
        sizes = _sizes(number, parameters)
        middle = (np.arange(side) + 0.5) / side
        centers = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 1, 2)
        places = side**2, len(sizes), 2
        both = np.broadcast_to(centers, places), np.broadcast_to(sizes, places)
        every.append(np.concatenate(both, axis=-1).reshape(-1, 4))
    return np.concatenate(every)


def _decoded(encodings: NDArray[np.float32], parameters: SsdParameters) -> NDArray[np.float64]:
    """Apply predicted changes to the anchors: (N, 4) left, top, right, bottom."""
    start = anchors(parameters)
    center = start[:, :2] + encodings[:, :2] / parameters.center_scale * start[:, 2:]
    half = start[:, 2:] * np.exp(encodings[:, 2:] / parameters.size_scale) / 2
    # The network says y before x.
    return np.concatenate([center - half, center + half], axis=1)[:, [1, 0, 3, 2]]


def _overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the intersection over union of a box with others, (N,)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = np.prod(box[2:] - box[:2]) + areas - shared
    return np.asarray(shared / np.maximum(union, np.finfo(float).tiny))


def suppress(
    boxes: NDArray[np.float64], scores: NDArray[np.float64], max_overlap: float
) -> NDArray[np.int64]:
    """Find the boxes that overlap no box with a higher score (non-maximum suppression).

    Parameters
    ----------
    boxes
        (N, 4): left, top, right, bottom.
    scores
        (N,).
    max_overlap
        Intersection over union from which two boxes show the same object.

    Returns
    -------
    numpy.ndarray
        Their positions, best first; equal scores keep their order.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 2.2], [3, 0, 5, 2]], float)
    >>> suppress(boxes, np.array([0.5, 0.9, 0.7]), 0.6).tolist()
    [1, 2]
    """
    kept, left = [], np.argsort(-scores, kind="stable")
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[_overlaps(boxes[best], boxes[left]) <= max_overlap]
    return np.array(kept, np.int64)


def ssd_rows(
    encodings: NDArray[np.float32],
    logits: NDArray[np.float32],
    *,
    parameters: SsdParameters = SsdParameters(),
) -> DetectorRows:
    """Read the output of a detector with one class.

    Parameters
    ----------
    encodings
        (N, 4) float32: predicted changes of the anchors, center y and x, height, width.
    logits
        (N, 2) float32: background, object.
    parameters
        What the network was trained with.

    Returns
    -------
    DetectorRows
        Boxes as fractions of the picture, clipped to it, best first, without duplicates; the
        class is 0.
    """
    scores = 1 / (1 + np.exp(-logits[:, 1].astype(np.float64)))
    (likely,) = np.nonzero(scores > parameters.min_score)
    boxes = np.clip(_decoded(encodings, parameters)[likely], 0, 1)
    kept = suppress(boxes, scores[likely], parameters.max_overlap)
    return np.column_stack([boxes[kept], scores[likely][kept], np.zeros(len(kept))])
