"""Features that separate an object's pixels from the background in its box.

Each feature is a map of the box, and none is reliable alone. All are relative (to the box, its
surroundings, the image's own colors), so that they do not depend on what the image shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nst_pipeline.vision.cutout.features.colors import ColorParameters, color_features
from nst_pipeline.vision.cutout.features.maps import FeatureMap, FeatureMaps
from nst_pipeline.vision.cutout.features.paths import PathParameters, path_features
from nst_pipeline.vision.cutout.features.position import position_features
from nst_pipeline.vision.cutout.features.segments import SegmentParameters, segment_features
from nst_pipeline.vision.cutout.features.votes import VoteParameters, vote_features
from nst_pipeline.vision.cutout.neighborhood import Neighborhood

__all__ = ["FeatureMap", "FeatureMaps", "FeatureParameters", "compute_features"]


@dataclass(frozen=True)
class FeatureParameters:
    """Parameters of all features. The shipped pixel classifier was trained with the defaults."""

    colors: ColorParameters = field(default_factory=ColorParameters)
    paths: PathParameters = field(default_factory=PathParameters)
    votes: VoteParameters = field(default_factory=VoteParameters)
    segments: SegmentParameters = field(default_factory=SegmentParameters)


def compute_features(
    neighborhood: Neighborhood, *, parameters: FeatureParameters = FeatureParameters()
) -> FeatureMaps:
    """Compute all features of a box.

    Parameters
    ----------
    neighborhood
        The object's box and its surroundings.
    parameters
        Parameters of each group of features.

    Returns
    -------
    dict
        (box height, box width) float32 maps by name, always in the same order.
    """
    features = {
        **position_features(neighborhood),
        **color_features(neighborhood, parameters=parameters.colors),
        **path_features(neighborhood, parameters=parameters.paths),
        **vote_features(neighborhood, parameters=parameters.votes),
    }
    segments = segment_features(neighborhood, features, parameters=parameters.segments)
    return {**features, **segments}
