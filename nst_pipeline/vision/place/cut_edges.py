"""Find the edges of a photo that cut its object off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Matte

EDGES = ("bottom", "left", "right", "top")
"""The edges of a photo, in the order in which they are recorded."""


@dataclass(frozen=True)
class CutEdgeParameters:
    """How close to an edge an object must end to count as cut by it."""

    margin: float = 0.015
    """Fraction of the photo's side: a cut-out often loses the last pixels before an edge."""
    bottom_margin: float = 0.04
    """Fraction of the photo's height, at the bottom: whole feet are seldom that close to the edge,
    and the shade below a cut looks like a foot."""


def cut_edges(matte: Matte, *, parameters: CutEdgeParameters = CutEdgeParameters()) -> list[str]:
    """Find the edges that cut an object off.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1, at the size of the object's photo.
    parameters
        Margins.

    Returns
    -------
    list of str
        Those of `EDGES`, in that order; empty if there is no object.

    Examples
    --------
    >>> matte = np.zeros((100, 100), np.float32)
    >>> matte[40:100, 30:70] = 1
    >>> cut_edges(matte)
    ['bottom']
    """
    solid = object_mask(matte)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not len(rows):
        return []
    height, width = matte.shape
    cut = (
        height - 1 - rows[-1] <= parameters.bottom_margin * height,
        columns[0] <= parameters.margin * width,
        width - 1 - columns[-1] <= parameters.margin * width,
        rows[0] <= parameters.margin * height,
    )
    return [edge for edge, is_cut in zip(EDGES, cut, strict=True) if is_cut]
