"""GrabCut from several starts: each is wrong in its own way; where they agree they seldom are."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.cutout.features.kind import Clue, Clues
from nst_pipeline.vision.cutout.features.position import superellipse
from nst_pipeline.vision.cutout.grab_cut import grab_cut
from nst_pipeline.vision.cutout.neighborhood import View
from nst_pipeline.vision.shapes import Rgb

_STARTS = ((0.0, 2.0), (0.4, 2.0), (0.6, 2.0), (0.75, 2.0), (0.8, 3.0))
"""What a start takes as surely object: a superellipse, its size as a share of the box's, and its
exponent. From nothing at all to nearly all of the box."""
_GRAIN = 1.0
"""Blur before the cut, pixels: grain and JPEG blocks are no edges."""
_FEW = 50
"""With fewer pixels around the box, its corners are the best guess at background."""
_NEARBY = (2.0, 6.0)
"""Votes are also looked at in a neighborhood of this size, pixels."""


def _vote(view: View, picture: Rgb, core: float, exponent: float) -> Clue:
    radius = superellipse(*view.depths(), exponent)
    labels = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    boxed = labels[view.box.slices]
    boxed[:] = cv2.GC_PR_FGD
    if labels.size - boxed.size < _FEW:
        boxed[radius > 1] = cv2.GC_PR_BGD
    boxed[radius < core] = cv2.GC_FGD
    return grab_cut(picture, labels)[view.box.slices].astype(np.float32)


def vote_clues(view: View) -> Clues:
    """Each start's mask and how much of the box it fills; their mean, here and near by."""
    picture = np.asarray(cv2.GaussianBlur(view.picture, (0, 0), _GRAIN), np.uint8)
    votes = [_vote(view, picture, *start) for start in _STARTS]
    mean = np.asarray(np.mean(votes, axis=0), np.float32)
    names = [f"vote_{core:g}" for core, _ in _STARTS]
    filled = {
        f"{name}_filled": np.full_like(vote, vote.mean())
        for name, vote in zip(names, votes, strict=True)
    }
    nearby = {
        f"votes_{reach:g}": np.asarray(cv2.GaussianBlur(mean, (0, 0), reach), np.float32)
        for reach in _NEARBY
    }
    return {"votes": mean, **dict(zip(names, votes, strict=True)), **filled, **nearby}
