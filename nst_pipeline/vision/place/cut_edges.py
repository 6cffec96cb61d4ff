"""Which edges of its photo cut an object: there it ends without an outline of its own."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Matte

EDGES = ("bottom", "left", "right", "top")
MARGIN = 0.015
"""An object that ends this close to an edge, share of the photo's side, was cut there: the last
pixels before it are often lost in cutting out."""
FOOT_MARGIN = 0.04
"""As that, at the bottom. Whole feet are seldom so near, and shade below a cut looks like one."""


def cut_edges(matte: Matte) -> list[str]:
    """The edges that cut an object, of `EDGES` and in their order.

    Args:
        matte: (height, width) float32, 0..1, at the size of the object's photo.
    """
    solid = object_mask(matte)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not len(rows):
        return []
    height, width = matte.shape
    cut = (
        height - 1 - rows[-1] <= FOOT_MARGIN * height,
        columns[0] <= MARGIN * width,
        width - 1 - columns[-1] <= MARGIN * width,
        rows[0] <= MARGIN * height,
    )
    return [edge for edge, is_cut in zip(EDGES, cut, strict=True) if is_cut]
