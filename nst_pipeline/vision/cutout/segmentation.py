"""From what a cut-out network says about a picture to the object's mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.masks import fill_holes, largest_component
from nst_pipeline.vision.shapes import Box, Mask, Matte, Rgb


@dataclass(frozen=True)
class Segmentation:
    """What a cut-out network says about a picture.

    Attributes
    ----------
    probability
        (height, width) float32, 0..1: the probability that each pixel is the object.
    agreement
        How much several views of the picture agree: mean soft IoU of each with their mean, 0..1;
        1 if there was only one.
    expected_iou
        The network's own estimate of the IoU with the true mask, 0..1; None if it gives none.
    """

    probability: Matte
    agreement: float = 1.0
    expected_iou: float | None = None


class CutoutNetwork(Protocol):
    """A cut-out network; `nst_pipeline.style.cutout_network.load_cutout_network` makes one."""

    def __call__(self, picture: Rgb, box: Box | None, *, quick: bool = False) -> Segmentation:
        """Segment an object.

        Parameters
        ----------
        picture
            (height, width, 3) uint8 RGB.
        box
            Where the object is, in the picture's pixels; None for the main objects.
        quick
            Whether one view will do, where the outline does not matter.
        """


@dataclass(frozen=True)
class BoxMaskParameters:
    """Parameters of `mask_in_box`."""

    box_slack: float = 0.03
    """Part of the box's longer side by which an object may reach out of its box."""
    threshold: float = 0.5
    """Pixels with a higher probability are the object. The threshold of the highest expected IoU is
    no better, and its outlines are worse."""
    max_hole_probability: float = 0.3
    """Holes with a lower mean object probability stay open. This keeps the hole in a cup's handle,
    and fills dark or bright parts of the object."""


def soft_iou(first: Matte, second: Matte) -> float:
    """Compute the intersection over union of two soft masks of the same shape, 0..1."""
    union = float(np.maximum(first, second).sum())
    return float(np.minimum(first, second).sum()) / union if union else 1.0


def combine_views(
    probabilities: Sequence[Matte], expected_ious: NDArray[np.float32] | None = None
) -> Segmentation:
    """Combine what a network says about several views of the same picture.

    Parameters
    ----------
    probabilities
        One for each view, (height, width) float32, 0..1, in the picture's pixels.
    expected_ious
        The network's own estimates, if it makes any.

    Examples
    --------
    >>> sure, unsure = np.ones((2, 2), np.float32), np.full((2, 2), 0.5, np.float32)
    >>> combined = combine_views([sure, unsure], np.array([0.9, 0.7], np.float32))
    >>> float(combined.probability[0, 0]), round(combined.agreement, 2), combined.expected_iou
    (0.75, 0.71, 0.8)
    """
    mean = np.asarray(np.mean(probabilities, axis=0, dtype=np.float32), np.float32)
    agreement = float(np.mean([soft_iou(each, mean) for each in probabilities]))
    expected = None if expected_ious is None else round(float(expected_ious.mean()), 6)
    return Segmentation(mean, agreement, expected)


def expected_iou(probability: Matte, mask: Mask) -> float:
    """Compute the IoU of a mask with the true one that is expected if the probabilities are right.

    Parameters
    ----------
    probability
        float32, 0..1: the probability that each pixel is the object.
    mask
        bool, of the same shape.

    Returns
    -------
    float
        Expected intersection over expected union, 0..1; 0 for an empty mask.

    References
    ----------
    Nowozin, "Optimal Decisions from Probabilistic Models: the Intersection-over-Union Case", 2014.

    Examples
    --------
    >>> expected_iou(np.array([0.75, 0.25], np.float32), np.array([True, False]))
    0.6
    """
    both = float(probability[mask].sum(dtype=np.float64))
    either = float(mask.sum()) + float(probability[~mask].sum(dtype=np.float64))
    return both / either if both else 0.0


def keep_inside(probability: Matte, box: Box, slack: float) -> Matte:
    """Remove what is outside a box and its slack.

    Parameters
    ----------
    probability
        (height, width) float32.
    box
        In the same pixels.
    slack
        Part of the box's longer side by which an object may reach out of its box.

    Returns
    -------
    Matte
        (height, width) float32, a new array.
    """
    height, width = probability.shape
    reach = box.expanded(round(slack * max(box.width, box.height))).clipped(width, height)
    kept = np.zeros_like(probability)
    kept[reach.slices] = probability[reach.slices]
    return kept


def mask_in_box(
    probability: Matte,
    box: Box,
    *,
    parameters: BoxMaskParameters = BoxMaskParameters(),
) -> tuple[Mask, float]:
    """Turn the probabilities of an object in a box into its mask.

    Parameters
    ----------
    probability
        (height, width) float32, 0..1.
    box
        The object's box, in the same pixels.
    parameters
        How far the object may reach out of the box, and which holes stay open.

    Returns
    -------
    mask : numpy.ndarray
        (height, width) bool, one connected component; empty if no pixel is probably the object.
    expected_iou : float
        See `expected_iou`, within the box.
    """
    inside = keep_inside(probability, box, parameters.box_slack)
    mask = largest_component(inside > parameters.threshold)
    mask = fill_holes(mask, inside, parameters.max_hole_probability)
    return mask, expected_iou(inside, mask)


def edge_evidence(image: Rgb, mask: Mask) -> float:
    """Compare the gradient along a mask's outline with that of its surroundings.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    mask
        (height, width) bool.

    Returns
    -------
    float
        Share of the outline's pixels whose gradient is above the median of the object's bounding
        region; 0.5 for an outline that follows nothing. 0 if there is no outline.
    """
    gray = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (3, 3), 0)
    across, down = (cv2.Sobel(gray, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    strength = cv2.dilate(cv2.magnitude(across, down), np.ones((3, 3), np.uint8))
    levels = mask.astype(np.uint8)
    # Where the picture ends, an outline needs no edge.
    outline = (levels - cv2.erode(levels, np.ones((3, 3), np.uint8))).astype(bool)
    near = cv2.dilate(levels, np.ones((15, 15), np.uint8)).astype(bool)
    if not outline.any():
        return 0.0
    return float((strength[outline] > np.median(strength[near])).mean())
