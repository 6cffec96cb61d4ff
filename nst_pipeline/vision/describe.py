"""An object among its surroundings as a vector of hand-made colour features."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.colour import Lab, LabStatistics, to_lab
from nst_pipeline.vision.resize import resized
from nst_pipeline.vision.ring import object_box, object_mask, rim_mask, ring_mask
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

VIEW_SIDE = 256
"""Statistics are taken at this longest side: more pixels do not make them better."""
RING_PX = 8
"""Width of the ring and the rim at that size."""
VIEW_MARGIN = 0.6
"""Surroundings kept around the object, as a share of its longer side."""
SAMPLE_PIXELS = 4096
"""Pixels that describe a region; quantiles of more are the same."""
SMALLEST_REGION = 16
"""Pixels; a smaller object or ring tells nothing reliable."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TONE_SHARE = 0.2
"""Share of a region's pixels that are its shadows, and its lights."""


@dataclass(frozen=True)
class View:
    """An object and what is around it, reduced to a size that statistics need."""

    lab: Lab
    inside: Mask
    rim: Mask
    ring: Mask
    area_share: float

    @property
    def outside(self) -> Mask:
        """All that is neither the object nor its soft edge."""
        return ~(self.inside | self.edge)

    @property
    def edge(self) -> Mask:
        """The soft edge, where object and scene are mixed."""
        grown = cv2.dilate(self.inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
        return grown & ~self.inside & ~self.ring


def view(image: Rgb, matte: Matte) -> View | None:
    """The object's region of a composite, at most `VIEW_SIDE` pixels on its longer side.

    Args:
        image: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.

    Returns:
        None where there is no object, or nothing around it, to take statistics of.
    """
    box = object_box(matte, VIEW_MARGIN)
    if box.width == 0:
        return None
    part, share = matte[box.slices], float(matte.mean())
    scale = min(1.0, VIEW_SIDE / max(box.width, box.height))
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    small, soft = resized(image[box.slices], *size), resized(part, *size)
    inside, ring = object_mask(soft), ring_mask(soft, RING_PX)
    if min(inside.sum(), ring.sum()) < SMALLEST_REGION:
        return None
    return View(to_lab(small), inside, rim_mask(soft, RING_PX), ring, share)


def _sample(pixels: Lab) -> NDArray[np.float64]:
    step = -(-len(pixels) // SAMPLE_PIXELS)
    return pixels[::step].astype(np.float64)


def _region(pixels: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Mean, log spread, quantiles, chroma, tones and correlations of a region's LAB pixels."""
    mean, spread = pixels.mean(0), pixels.std(0) + 0.5
    order = np.argsort(pixels[:, 0], kind="stable")
    tone = max(1, round(TONE_SHARE * len(pixels)))
    shadows, lights = pixels[order[:tone]].mean(0), pixels[order[-tone:]].mean(0)
    correlation = ((pixels - mean).T @ (pixels - mean)) / len(pixels) / np.outer(spread, spread)
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    return [
        mean,
        np.log(spread) * 10,
        np.quantile(pixels, QUANTILES, axis=0).ravel(),
        shadows[1:],
        lights[1:],
        correlation[[0, 0, 1], [1, 2, 2]] * 10,
        np.array([chroma.mean(), np.quantile(chroma, 0.05), np.quantile(chroma, 0.95)]),
    ]


def describe(seen: View) -> NDArray[np.float64]:
    """The features, (n,): object, rim, ring and surroundings, in LAB units or scaled like them."""
    inside, outside = _sample(seen.lab[seen.inside]), _sample(seen.lab[seen.outside])
    rim, ring = _sample(seen.lab[seen.rim]), _sample(seen.lab[seen.ring])
    parts = [*_region(inside), *_region(ring), *_region(outside)]
    parts += [rim.mean(0), rim.std(0), np.array([seen.area_share * 100])]
    return np.concatenate(parts)


def object_statistics(seen: View) -> LabStatistics:
    """LAB statistics of the object's own pixels."""
    pixels = seen.lab[seen.inside].astype(np.float64)
    return LabStatistics(pixels.mean(0), pixels.std(0))
