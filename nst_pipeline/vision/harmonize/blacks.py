"""Keep an object's blacks where a color change would lift them: lifted blacks look foggy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nst_pipeline.vision.harmonize.color_change import ColorChange
from nst_pipeline.vision.harmonize.object_view import ObjectView


@dataclass(frozen=True)
class BlacksParameters:
    """What black is, and how much of it to restore."""

    quantile: float = 0.02
    """Quantile of lightness that counts as a region's black; single darker pixels are ignored."""
    share: float = 0.7
    """Share of the lift to undo. Undoing all of it loses more on recolored photos than it gains,
    because some objects do lie in haze."""
    smallest_depth: float = 1.0
    """LAB units from an object's mean to its darkest part; a flatter object has no blacks."""


def keep_blacks(
    change: ColorChange, view: ObjectView, *, parameters: BlacksParameters = BlacksParameters()
) -> ColorChange:
    """Deepen the shadows of a change to the object's own, or to the scene's if those are lighter.

    Parameters
    ----------
    change
        A change whose pivot is the object's mean color.
    view
        The object before the change.
    parameters
        What black is, and how much of it to restore.

    Returns
    -------
    ColorChange
        The change itself if it lifts no blacks.
    """
    own, around = view.lab[view.inside], view.lab[view.outside][:, 0]
    quantile = parameters.quantile
    black = float(np.quantile(change.apply_to_lab(own)[:, 0], quantile))
    darkest = max(np.quantile(own[:, 0], quantile), np.quantile(around, quantile))
    depth = float(change.pivot[0] + change.shift[0]) - black
    lifted = black - float(darkest)
    if lifted <= 0 or depth < parameters.smallest_depth:
        return change
    return replace(change, shadow_gain=1 + parameters.share * lifted / depth)
