"""Clues to which pixels of a box are the object: each a map of the box, none of them certain.

All are relative (to the box, its surroundings, the picture's own colors), so that what they say
does not depend on what is shown.
"""

from __future__ import annotations

from nst_pipeline.vision.cutout.features.colors import color_clues
from nst_pipeline.vision.cutout.features.kind import Clues
from nst_pipeline.vision.cutout.features.paths import path_clues
from nst_pipeline.vision.cutout.features.position import position_clues
from nst_pipeline.vision.cutout.features.segments import segment_clues
from nst_pipeline.vision.cutout.features.votes import vote_clues
from nst_pipeline.vision.cutout.neighborhood import View

__all__ = ["Clues", "all_clues"]


def all_clues(view: View) -> Clues:
    """All clues by name, each (box height, box width) float32."""
    clues = {
        **position_clues(view),
        **color_clues(view),
        **path_clues(view),
        **vote_clues(view),
    }
    return {**clues, **segment_clues(view, clues)}
