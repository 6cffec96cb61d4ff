"""The main subject of a photo, whatever it is, without weights.

What touches the photo's edge along much of its own outline is background; what differs from the
background is the subject.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.grab_cut import grab_cut
from nst_pipeline.vision.cutout.masks import mask_box, solid
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.resize import resize_mask, shrink_to_fit
from nst_pipeline.vision.shapes import Detection, Mask, Rgb

_SIDE = 256
"""Saliency is computed at this longest side, pixels."""
_SEGMENTS = 250
_COMPACTNESS = 0.15
"""Weight of nearness against color (each scaled to 0..1) when regions are formed."""
_GEODESIC_SPREAD = 10.0
"""LAB distance along a path up to which regions count as one (sigma_clr of the paper)."""
_EDGE_SPREAD = 1.0
"""Length of shared edge, relative to size, from which a region is background (sigma_bndCon)."""
_NEAR = 0.3
"""Regions are compared with their surroundings within about this share of the photo's side."""
_MIN_CONTRAST = 6.0
"""LAB difference between subject and background below which there is no subject."""
_SURE_CONTRAST = 40.0
"""LAB difference at which there is no doubt that there is a subject."""
_MIN_SHARE, _MAX_SHARE = 0.01, 0.8
"""A subject covers at least and at most this share of the photo."""
_SURE_BACKGROUND = 0.3
"""Saliency, as a share of the threshold, below which a pixel is surely background."""
_CORE = 0.75
"""Saliency, as a share of the highest, from which a pixel is surely the subject's."""


def _regions(lab: NDArray[np.float32]) -> NDArray[np.int64]:
    from skimage.segmentation import slic

    labels = slic(
        lab, _SEGMENTS, compactness=_COMPACTNESS, convert2lab=False, start_label=0, channel_axis=-1
    )
    return np.asarray(np.unique(labels, return_inverse=True)[1].reshape(labels.shape), np.int64)


def _means(values: NDArray[np.float32], regions: NDArray[np.int64]) -> NDArray[np.float64]:
    flat, channels = regions.ravel(), values.reshape(regions.size, -1).T
    count = np.bincount(flat)
    return np.stack([np.bincount(flat, channel) / count for channel in channels], axis=1)


def _border(regions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which regions touch the photo's edge."""
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.bincount(edge, minlength=regions.max() + 1) > 0


def _path_lengths(
    regions: NDArray[np.int64], colors: NDArray[np.float64], border: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Color change along the smoothest path between each two regions; the edge is one region."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import shortest_path

    sideways = np.stack([regions[:, :-1].ravel(), regions[:, 1:].ravel()])
    downwards = np.stack([regions[:-1].ravel(), regions[1:].ravel()])
    round_edge = np.stack(np.meshgrid(np.flatnonzero(border), np.flatnonzero(border)))
    pairs = np.concatenate([sideways, downwards, round_edge.reshape(2, -1)], axis=1)
    first, second = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    # A zero would mean "no edge" to the sparse graph.
    steps = np.maximum(np.linalg.norm(colors[first] - colors[second], axis=1), 1e-3)
    count = len(colors)
    graph = csr_matrix((steps, (first, second)), shape=(count, count))
    return np.asarray(shortest_path(graph, directed=False))


def _backgroundness(lengths: NDArray[np.float64], border: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Equations 2-4 of the paper: shared edge over the root of the area, squashed to 0..1."""
    together = np.exp(-(lengths**2) / (2 * _GEODESIC_SPREAD**2))
    connectivity = together[:, border].sum(1) / np.sqrt(together.sum(1))
    return np.asarray(1 - np.exp(-(connectivity**2) / (2 * _EDGE_SPREAD**2)))


def _contrast(photo: Rgb) -> NDArray[np.float32]:
    """LAB difference of each region from the background near it, (height, width)."""
    lab = to_lab(photo)
    regions = _regions(lab)
    if regions.max() == 0:
        return np.zeros(lab.shape[:2], np.float32)
    colors = _means(lab, regions)
    places = np.moveaxis(np.indices(regions.shape, np.float32), 0, -1)
    centers = _means(places / max(regions.shape), regions)
    border = _border(regions)
    background = _backgroundness(_path_lengths(regions, colors, border), border)
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    weight = np.exp(-(apart**2) / (2 * _NEAR**2)) * background
    difference = np.linalg.norm(colors[:, None] - colors[None], axis=-1)
    saliency = (difference * weight).sum(1) / np.maximum(weight.sum(1), 1e-6)
    return np.asarray((saliency * (1 - background))[regions], np.float32)


def _refined(photo: Rgb, contrast: NDArray[np.float32]) -> Mask:
    """The salient part with its edges where the photo's are: GrabCut started from saliency."""
    peak = max(float(contrast.max()), 1e-6)
    gray = to_uint8(contrast / peak)
    level, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    labels = np.full(gray.shape, cv2.GC_PR_BGD, np.uint8)
    labels[gray < level * _SURE_BACKGROUND] = cv2.GC_BGD
    labels[gray > level] = cv2.GC_PR_FGD
    labels[gray > 255 * _CORE] = cv2.GC_FGD
    return solid(grab_cut(photo, labels))


def _score(contrast: NDArray[np.float32], mask: Mask) -> float:
    share = mask.mean()
    if not _MIN_SHARE <= share <= _MAX_SHARE:
        return 0.0
    difference = float(contrast[mask].mean() - contrast[~mask].mean())
    return float(np.clip((difference - _MIN_CONTRAST) / (_SURE_CONTRAST - _MIN_CONTRAST), 0, 1))


def find_subject(photo: Rgb) -> list[Detection]:
    """Find the one thing that stands out from what surrounds it.

    Args:
        photo: (height, width, 3) uint8 RGB.

    Returns:
        One detection with its mask, labeled "subject"; none where nothing stands out. The score
        grows with the color difference between subject and background.

    Source: Zhu, Liang, Wei, Sun, "Saliency Optimization from Robust Background Detection", 2014.
    """
    small = shrink_to_fit(photo, _SIDE)
    contrast = _contrast(small)
    mask = _refined(small, contrast)
    score = _score(contrast, mask)
    if not score:
        return []
    full = resize_mask(mask, photo.shape[1], photo.shape[0])
    return [Detection(mask_box(full), "subject", score, "subject", full)]
