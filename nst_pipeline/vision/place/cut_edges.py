"""Find the edges of a photo that cut its object off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.regions import object_box, object_mask
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
    border_px: int = 3
    """Widest transparent border of a photo that was trimmed to its object, at least; stickers have
    one of 2 pixels. Large photos may have one of `bottom_margin`."""


def _touched(matte: Matte, bottom_margin: float, margin: float) -> list[str]:
    """Find the edges that lie at most so far from the object, in fractions of the sides."""
    solid = object_mask(matte)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not len(rows):
        return []
    height, width = matte.shape
    cut = (
        height - 1 - rows[-1] <= bottom_margin * height,
        columns[0] <= margin * width,
        width - 1 - columns[-1] <= margin * width,
        rows[0] <= margin * height,
    )
    return [edge for edge, is_cut in zip(EDGES, cut, strict=True) if is_cut]


def _is_trimmed(alpha: Matte, parameters: CutEdgeParameters) -> bool:
    """Check whether the frame was made for the object, with at most a narrow border."""
    height, width = alpha.shape
    box = object_box(alpha)
    border = max(box.x, box.y, width - box.right, height - box.bottom)
    return bool(border <= max(parameters.border_px, parameters.bottom_margin * min(height, width)))


def cut_edges(
    matte: Matte,
    alpha: Matte | None = None,
    *,
    parameters: CutEdgeParameters = CutEdgeParameters(),
) -> list[str]:
    """Find the edges that cut an object off.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1, at the size of the object's photo.
    alpha
        (height, width) float32, 0..1: the photo's own transparency, if it has any. In a photo
        that was trimmed to what is visible, no margin counts; if what is visible reaches all
        four edges, they say nothing.
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
    if alpha is None or not _is_trimmed(alpha, parameters):
        return _touched(matte, parameters.bottom_margin, parameters.margin)
    reaches_all = all(edge.any() for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))
    return [] if reaches_all else _touched(matte, 0, 0)
