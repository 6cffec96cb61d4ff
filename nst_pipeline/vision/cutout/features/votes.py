"""Features from GrabCut, run from several initializations that err in different ways."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from nst_pipeline.vision.cutout.features.maps import FeatureMap, FeatureMaps
from nst_pipeline.vision.cutout.features.position import superellipse_radius
from nst_pipeline.vision.cutout.grab_cut import GrabCutParameters, grab_cut
from nst_pipeline.vision.cutout.neighborhood import Neighborhood
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class VoteParameters:
    """Parameters of `vote_features`."""

    cores: tuple[tuple[float, float], ...] = (
        (0.0, 2.0),
        (0.4, 2.0),
        (0.6, 2.0),
        (0.75, 2.0),
        (0.8, 3.0),
    )
    """Certain foreground of each run: a superellipse's size as a share of the box's, and its
    exponent; from nothing to nearly the whole box."""
    blur_px: float = 1.0
    """Standard deviation of the blur before GrabCut, which removes noise and JPEG blocks."""
    min_background_px: int = 50
    """With fewer pixels around the box, its corners start as probable background."""
    neighborhoods_px: tuple[float, ...] = (2.0, 6.0)
    """Standard deviations of the blurs that average the votes over a neighborhood."""
    grab_cut: GrabCutParameters = field(default_factory=GrabCutParameters)


def _vote(
    neighborhood: Neighborhood,
    image: Rgb,
    core: float,
    exponent: float,
    parameters: VoteParameters,
) -> FeatureMap:
    radius = superellipse_radius(*neighborhood.center_distances(), exponent)
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    in_box = labels[neighborhood.box.slices]
    in_box[:] = cv2.GC_PR_FGD
    if labels.size - in_box.size < parameters.min_background_px:
        in_box[radius > 1] = cv2.GC_PR_BGD
    in_box[radius < core] = cv2.GC_FGD
    mask = grab_cut(image, labels, parameters=parameters.grab_cut)
    return mask[neighborhood.box.slices].astype(np.float32)


def vote_features(
    neighborhood: Neighborhood, *, parameters: VoteParameters = VoteParameters()
) -> FeatureMaps:
    """Compute each run's mask and the share of the box it fills, and the mean of all masks."""
    blurred = cv2.GaussianBlur(neighborhood.image, (0, 0), parameters.blur_px)
    image = np.asarray(blurred, np.uint8)
    votes = {
        f"vote_{core:g}": _vote(neighborhood, image, core, exponent, parameters)
        for core, exponent in parameters.cores
    }
    mean = np.asarray(np.mean(list(votes.values()), axis=0), np.float32)
    filled = {f"{name}_filled": np.full_like(vote, vote.mean()) for name, vote in votes.items()}
    nearby = {
        f"vote_mean_blurred_{sigma:g}": np.asarray(
            cv2.GaussianBlur(mean, (0, 0), sigma), np.float32
        )
        for sigma in parameters.neighborhoods_px
    }
    return {"vote_mean": mean, **votes, **filled, **nearby}
