"""Find the main subject of a photo, of any kind, without learned weights.

Regions that touch the photo's edge along much of their outline are background; the subject is what
differs from the background.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.grab_cut import grab_cut
from nst_pipeline.vision.cutout.masks import bounding_box, largest_filled_component
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.resize import resize_mask, shrink_to_fit
from nst_pipeline.vision.shapes import Detection, Mask, Rgb


@dataclass(frozen=True)
class SubjectParameters:
    """Tuned constants of the search. LAB units: lightness 0..100, white point D65."""

    side_px: int = 256
    """Saliency is computed at this longest side."""
    segments: int = 250
    """Approximate number of regions."""
    compactness: float = 0.15
    """Weight of distance relative to color (each scaled to 0..1) when regions are formed."""
    geodesic_std: float = 10.0
    """LAB distance along a path up to which regions count as one (sigma_clr of the paper)."""
    boundary_std: float = 1.0
    """Shared edge, relative to size, from which a region is background (sigma_bndCon)."""
    distance_std: float = 0.3
    """Regions are compared with others within about this fraction of the photo's longer side."""
    min_contrast: float = 6.0
    """LAB difference between subject and background below which there is no subject."""
    full_contrast: float = 40.0
    """LAB difference at which the score is 1."""
    min_fraction: float = 0.01
    """A subject covers at least this fraction of the photo."""
    max_fraction: float = 0.8
    """A subject covers at most this fraction of the photo."""
    background_level: float = 0.3
    """Saliency, relative to the threshold, below which a pixel is certainly background."""
    core_level: float = 0.75
    """Saliency, relative to the maximum, above which a pixel is certainly the subject."""


def _regions(lab: NDArray[np.float32], parameters: SubjectParameters) -> NDArray[np.int64]:
    """Segment into superpixels, numbered from 0 without gaps."""
    from skimage.segmentation import slic

    labels = slic(
        lab,
        parameters.segments,
        compactness=parameters.compactness,
        convert2lab=False,
        start_label=0,
        channel_axis=-1,
    )
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(labels.shape), np.int64)


def _means(values: NDArray[np.float32], regions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute the mean of each region, (regions, channels)."""
    flat, channels = regions.ravel(), values.reshape(regions.size, -1).T
    count = np.bincount(flat)
    return np.stack([np.bincount(flat, channel) / count for channel in channels], axis=1)


def _border(regions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the regions that touch the photo's edge, (regions,)."""
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.bincount(edge, minlength=regions.max() + 1) > 0


def _path_lengths(
    regions: NDArray[np.int64], colors: NDArray[np.float64], border: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Sum the color changes along the smoothest path between regions, (regions, regions).

    Regions at the photo's edge are all neighbors of each other.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import shortest_path

    sideways = np.stack([regions[:, :-1].ravel(), regions[:, 1:].ravel()])
    downwards = np.stack([regions[:-1].ravel(), regions[1:].ravel()])
    around = np.stack(np.meshgrid(np.flatnonzero(border), np.flatnonzero(border)))
    pairs = np.concatenate([sideways, downwards, around.reshape(2, -1)], axis=1)
    first, second = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    # A zero would mean "no edge" to the sparse graph.
    steps = np.maximum(np.linalg.norm(colors[first] - colors[second], axis=1), 1e-3)
    count = len(colors)
    graph = csr_matrix((steps, (first, second)), shape=(count, count))
    return np.asarray(shortest_path(graph, directed=False))


def _background_probability(
    lengths: NDArray[np.float64], border: NDArray[np.bool_], parameters: SubjectParameters
) -> NDArray[np.float64]:
    """Map each region's boundary connectivity to 0..1 (equations 2 to 4 of the paper)."""
    together = np.exp(-(lengths**2) / (2 * parameters.geodesic_std**2))
    connectivity = together[:, border].sum(1) / np.sqrt(together.sum(1))
    return np.asarray(1 - np.exp(-(connectivity**2) / (2 * parameters.boundary_std**2)))


def _contrast(photo: Rgb, parameters: SubjectParameters) -> NDArray[np.float32]:
    """Compare each pixel's region with the background near it: LAB units, (height, width)."""
    lab = to_lab(photo)
    regions = _regions(lab, parameters)
    if regions.max() == 0:
        return np.zeros(lab.shape[:2], np.float32)
    colors = _means(lab, regions)
    positions = np.moveaxis(np.indices(regions.shape, np.float32), 0, -1)
    centers = _means(positions / max(regions.shape), regions)
    border = _border(regions)
    lengths = _path_lengths(regions, colors, border)
    background = _background_probability(lengths, border, parameters)
    distance = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    weight = np.exp(-(distance**2) / (2 * parameters.distance_std**2)) * background
    difference = np.linalg.norm(colors[:, None] - colors[None], axis=-1)
    saliency = (difference * weight).sum(1) / np.maximum(weight.sum(1), 1e-6)
    return np.asarray((saliency * (1 - background))[regions], np.float32)


def _refined(photo: Rgb, contrast: NDArray[np.float32], parameters: SubjectParameters) -> Mask:
    """Move the outline of the salient part to edges of the photo, with GrabCut."""
    peak = max(float(contrast.max()), 1e-6)
    gray = to_uint8(contrast / peak)
    level, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    labels = np.full(gray.shape, cv2.GC_PR_BGD, np.uint8)
    labels[gray < level * parameters.background_level] = cv2.GC_BGD
    labels[gray > level] = cv2.GC_PR_FGD
    labels[gray > 255 * parameters.core_level] = cv2.GC_FGD
    return largest_filled_component(grab_cut(photo, labels))


def _score(contrast: NDArray[np.float32], mask: Mask, parameters: SubjectParameters) -> float:
    if not parameters.min_fraction <= mask.mean() <= parameters.max_fraction:
        return 0.0
    difference = float(contrast[mask].mean() - contrast[~mask].mean())
    lowest, full = parameters.min_contrast, parameters.full_contrast
    return float(np.clip((difference - lowest) / (full - lowest), 0, 1))


def find_subject(
    photo: Rgb, *, parameters: SubjectParameters = SubjectParameters()
) -> list[Detection]:
    """Find the one thing that stands out from its surroundings.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    parameters
        Tuned constants.

    Returns
    -------
    list of Detection
        One detection with its mask, labeled `subject`, or none. The score grows with the color
        difference between subject and background.

    References
    ----------
    Zhu, Liang, Wei, Sun, "Saliency Optimization from Robust Background Detection", CVPR 2014.
    """
    small = shrink_to_fit(photo, parameters.side_px)
    contrast = _contrast(small, parameters)
    mask = _refined(small, contrast, parameters)
    score = _score(contrast, mask, parameters)
    if not score:
        return []
    full = resize_mask(mask, photo.shape[1], photo.shape[0])
    return [Detection(bounding_box(full), "subject", score, "subject", full)]
