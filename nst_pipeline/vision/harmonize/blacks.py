"""Keep an object's blacks black where a color change would lift them: lifted, they look foggy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nst_pipeline.vision.harmonize.color_change import ColorChange
from nst_pipeline.vision.harmonize.object_view import ObjectView

BLACK_QUANTILE = 0.02
"""The darkest part of a region, without single pixels."""
KEPT_SHARE = 0.7
"""How far lifted blacks go back. All of it costs more on recolored photos than it gains: some
objects do lie in haze."""
SMALLEST_DEPTH = 1.0
"""LAB units from an object's mean to its darkest part; a flatter one has no blacks."""


def keep_blacks(change: ColorChange, seen: ObjectView) -> ColorChange:
    """The change with shadows as deep as the object's own, or the scene's where those are lighter.

    Args:
        change: about the object's mean color.
        seen: the object before the change.
    """
    own, around = seen.lab[seen.inside], seen.lab[seen.outside][:, 0]
    black = float(np.quantile(change.apply_to_lab(own)[:, 0], BLACK_QUANTILE))
    darkest = max(np.quantile(own[:, 0], BLACK_QUANTILE), np.quantile(around, BLACK_QUANTILE))
    depth = float(change.pivot[0] + change.shift[0]) - black
    lifted = black - float(darkest)
    if lifted <= 0 or depth < SMALLEST_DEPTH:
        return change
    return replace(change, shadow_gain=1 + KEPT_SHARE * lifted / depth)
