"""Segment an object in its box: compute features, predict probabilities, find a threshold."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from nst_pipeline.vision.cutout.features import (
    FeatureMap,
    FeatureMaps,
    FeatureParameters,
    compute_features,
)
from nst_pipeline.vision.cutout.masks import fill_holes, largest_component
from nst_pipeline.vision.cutout.neighborhood import (
    Neighborhood,
    NeighborhoodParameters,
    extract_neighborhood,
)
from nst_pipeline.vision.cutout.pixel_classifier import load_pixel_classifier
from nst_pipeline.vision.shapes import Box, Mask, Rgb


@dataclass(frozen=True)
class SegmentationParameters:
    """Parameters of `segment`."""

    max_hole_probability: float = 0.3
    """Holes with a lower mean object probability stay open. This keeps the hole in a cup's handle,
    and fills dark or bright parts of the object."""
    neighborhood: NeighborhoodParameters = field(default_factory=NeighborhoodParameters)
    features: FeatureParameters = field(default_factory=FeatureParameters)


def find_best_threshold(probability: FeatureMap) -> tuple[float, float]:
    """Find the threshold with the highest expected IoU.

    Probabilities near 0 and 1 leave little choice. Where they are uncertain, the best threshold is
    below 0.5: missing half of an object costs more IoU than adding as much background.

    Parameters
    ----------
    probability
        float32, 0..1, any shape.

    Returns
    -------
    threshold : float
        The lowest probability that belongs to the mask.
    expected_iou : float
        Expected intersection over union of that mask with the true one, 0..1.

    References
    ----------
    Nowozin, "Optimal Decisions from Probabilistic Models: the Intersection-over-Union Case", 2014.

    Examples
    --------
    >>> threshold, iou = find_best_threshold(np.array([0.99, 0.98, 0.02], np.float32))
    >>> round(threshold, 2), round(iou, 2)
    (0.98, 0.98)
    """
    descending = np.sort(probability.ravel())[::-1].astype(np.float64)
    intersection = np.cumsum(descending)
    union = np.arange(1, descending.size + 1) + intersection[-1] - intersection
    expected_iou = intersection / union
    best = int(expected_iou.argmax())
    return float(descending[best]), float(expected_iou[best])


def mask_from_probability(
    probability: FeatureMap,
    neighborhood: Neighborhood,
    shape: tuple[int, ...],
    *,
    parameters: SegmentationParameters = SegmentationParameters(),
) -> tuple[Mask, float]:
    """Threshold a box's probabilities at the size of the original image.

    Parameters
    ----------
    probability
        (box height, box width) float32, 0..1.
    neighborhood
        The box's neighborhood.
    shape
        (height, width, ...) of the image that the neighborhood was extracted from.
    parameters
        Which holes stay open.

    Returns
    -------
    mask : numpy.ndarray
        (height, width) bool, one connected component.
    expected_iou : float
        Expected intersection over union with the true mask, 0..1.
    """
    threshold, expected_iou = find_best_threshold(probability)
    whole = np.zeros(neighborhood.image.shape[:2], np.float32)
    whole[neighborhood.box.slices] = probability
    # Linear in both directions: bicubic interpolation would leave the range 0..1.
    whole = np.asarray(cv2.resize(whole, shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    mask = largest_component(whole >= threshold)
    return fill_holes(mask, whole, parameters.max_hole_probability), expected_iou


def soft_iou(first: FeatureMap, second: FeatureMap) -> float:
    """Compute the intersection over union of two soft masks, 0..1; 0 if both are empty."""
    union = np.maximum(first, second).sum()
    return float(np.minimum(first, second).sum() / max(union, 1e-6))


def _agreement(features: FeatureMaps, probability: FeatureMap) -> float:
    """Compute the IoU of the mean GrabCut vote with the probability from all features."""
    return soft_iou(features["vote_mean"], probability)


def segment(
    image: Rgb, box: Box, *, parameters: SegmentationParameters = SegmentationParameters()
) -> tuple[Mask, dict[str, float]]:
    """Segment the object in a box.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB, with some background around the box.
    box
        The object's box, inside the image.
    parameters
        Parameters of the features and of the mask. The shipped pixel classifier was trained with
        the default features.

    Returns
    -------
    mask : numpy.ndarray
        (height, width) bool, one connected component inside the box.
    figures : dict
        Measures of quality, each 0..1: `expected_iou` with the true mask, `agreement` (IoU of the
        GrabCut votes with the classifier), and `filled` (the share of the box that is object).
    """
    neighborhood = extract_neighborhood(image, box, parameters=parameters.neighborhood)
    features = compute_features(neighborhood, parameters=parameters.features)
    probability = load_pixel_classifier().predict_probability(features)
    mask, expected_iou = mask_from_probability(
        probability, neighborhood, image.shape, parameters=parameters
    )
    return mask, {
        "expected_iou": expected_iou,
        "agreement": _agreement(features, probability),
        "filled": min(float(mask.sum()) / (box.width * box.height), 1.0),
    }
