"""Find the main objects of a photo, of any kind, with the cut-out network."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from nst_pipeline.vision.cutout.masks import bounding_box, largest_component
from nst_pipeline.vision.cutout.segmentation import CutoutNetwork, edge_evidence, soft_iou
from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.shapes import Box, Detection, Mask, Matte, Rgb


@dataclass(frozen=True)
class ObjectParameters:
    """Parameters of `find_objects`."""

    levels: tuple[float, ...] = (0.5, 0.25, 0.75)
    """Probabilities at which the main objects are outlined. A low one finds what the network is
    unsure of; a high one separates objects that touch."""
    min_share: float = 0.01
    """Smallest part of the photo that an object covers."""
    min_side_px: int = 8
    """Shorter side of the smallest object, which holds too few pixels to be told from noise."""
    max_candidates: int = 6
    """Boxes that are looked at again, one by one; each takes as long as a cut-out."""
    full_share: float = 0.1
    """Part of the photo from which on an object's size does not lower its score. What is smaller is
    less probably what the photo shows: a wheel, an eye, a window."""
    least_evidence: float = 0.2
    """Smallest share of an outline that follows edges. In a flat picture a network sees things."""
    same_object_iou: float = 0.6
    """Candidates whose boxes overlap more than this are one."""


def _parts(probability: Matte, level: float, smallest: float) -> list[Mask]:
    """Return the connected parts above a probability, largest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((probability > level).astype(np.uint8))
    sizes = stats[1:, cv2.CC_STAT_AREA]
    order = np.argsort(-sizes, kind="stable")
    return [np.asarray(labels == 1 + i) for i in order if sizes[i] >= smallest]


def _candidates(probability: Matte, parameters: ObjectParameters) -> list[tuple[Box, Mask]]:
    """Return the boxes that may hold an object, without those that are nearly the same."""
    smallest, found = parameters.min_share * probability.size, list[tuple[Box, Mask]]()
    for level in parameters.levels:
        for part in _parts(probability, level, smallest):
            box = bounding_box(part)
            if min(box.width, box.height) < parameters.min_side_px:
                continue
            if all(
                intersection_over_union(box, other) < parameters.same_object_iou
                for other, _ in found
            ):
                found.append((box, part))
    return found[: parameters.max_candidates]


def _tightened(probability: Matte, box: Box) -> Box:
    """Return the bounds of what was found in a box; the box itself if nothing was."""
    inside = np.zeros_like(probability)
    inside[box.slices] = probability[box.slices]
    found = bounding_box(largest_component(inside > 0.5))
    return found if found.width and found.height else box


def find_objects(
    photo: Rgb, network: CutoutNetwork, *, parameters: ObjectParameters = ObjectParameters()
) -> list[Detection]:
    """Find the main objects of a photo.

    The network first says where the main objects are, then what is in the box of each part. A part
    that is the same object both ways is probably one.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    network
        The cut-out network.
    parameters
        Which parts are looked at.

    Returns
    -------
    list of Detection
        With the label `object` and the source `objects`, best first. The score is the mean
        probability of the part, times its IoU with what the network finds in its box, and lower
        for small parts.
    """
    whole = network(photo, None)
    found = []
    for box, part in _candidates(whole.probability, parameters):
        if edge_evidence(photo, part) < parameters.least_evidence:
            continue
        inside = network(photo, box, quick=True).probability
        same = soft_iou(np.where(part, whole.probability, np.float32(0)), inside)
        size = min(float(part.mean()) / parameters.full_share, 1.0) ** 0.5
        score = float(whole.probability[part].mean()) * same * size
        found.append(Detection(_tightened(inside, box), "object", score, "objects"))
    return sorted(found, key=lambda each: -each.score)
