"""Hard mask of an object from its box: clues, their joint chance, the best cut through it."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.cutout.features import Clues, all_clues
from nst_pipeline.vision.cutout.features.kind import Clue
from nst_pipeline.vision.cutout.masks import main_part, without_weak_holes
from nst_pipeline.vision.cutout.neighborhood import View, view_of
from nst_pipeline.vision.cutout.probability import trained_model
from nst_pipeline.vision.shapes import Box, Mask, Rgb

_HOLE_CHANCE = 0.3
"""Holes are kept where the chance of object is below this on average: a cup's handle, not a dark
or bright part of the object."""


def best_cut(chance: Clue) -> tuple[float, float]:
    """The threshold with the highest expected IoU, and that IoU.

    Where chances are clear, they lie far from any threshold; where they are not, the cut falls
    below a half: to leave out half of an object costs more than to take in as much background.

    Source: Nowozin, "Optimal Decisions from Probabilistic Models: the Intersection-over-Union
    Case", 2014.
    """
    falling = np.sort(chance.ravel())[::-1].astype(np.float64)
    inside = np.cumsum(falling)
    expected = inside / (np.arange(1, falling.size + 1) + inside[-1] - inside)
    best = int(expected.argmax())
    return float(falling[best]), float(expected[best])


def mask_from_chance(chance: Clue, view: View, shape: tuple[int, ...]) -> tuple[Mask, float]:
    """Cut a view's chances at the crop's size.

    Args:
        chance: (box height, box width) float32 in 0..1.
        view: whose box the chances are of.
        shape: height and width of the crop that the view was made from.

    Returns:
        One connected part, (height, width) bool, and its expected IoU with the truth.
    """
    threshold, expected = best_cut(chance)
    whole = np.zeros(view.picture.shape[:2], np.float32)
    whole[view.box.slices] = chance
    whole = np.asarray(cv2.resize(whole, shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    mask = main_part(whole >= threshold)
    return without_weak_holes(mask, whole, _HOLE_CHANCE), expected


def _agreement(clues: Clues, chance: Clue) -> float:
    """IoU of what the GrabCut starts and all clues together hold for the object."""
    votes = clues["votes"]
    union = np.maximum(votes, chance).sum()
    return float(np.minimum(votes, chance).sum() / max(union, 1e-6))


def segment(crop: Rgb, box: Box) -> tuple[Mask, dict[str, float]]:
    """Separate the object in `box` from what surrounds it.

    Args:
        crop: picture, (height, width, 3) uint8 RGB, with some background around the box.
        box: the object's box in the crop's pixels, without parts outside it.

    Returns:
        One connected part inside the box, (height, width) bool; and figures 0..1:
        `expected_iou` with the true mask, `agreement` of GrabCut's starts with all clues, and
        the share of the box that is `filled`.
    """
    view = view_of(crop, box)
    clues = all_clues(view)
    chance = trained_model().chance(clues)
    mask, expected = mask_from_chance(chance, view, crop.shape)
    return mask, {
        "expected_iou": expected,
        "agreement": _agreement(clues, chance),
        "filled": min(float(mask.sum()) / (box.width * box.height), 1.0),
    }
