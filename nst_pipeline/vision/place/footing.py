"""Tell whether an object stands in its own photo on what could carry it elsewhere.

A rider without the horse, a jumping child, or a person behind a table cannot stand on the ground of
another scene: what is under their lowest part in their own photo is no ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.layout import SIDE_PX, Layout
from nst_pipeline.vision.place.support import SURFACES_OF
from nst_pipeline.vision.place.things import Thing
from nst_pipeline.vision.shapes import Mask, Matte

Indices = NDArray[np.int64]
"""Rows or columns of a picture."""


@dataclass(frozen=True)
class FootingParameters:
    """Where a foot is, and what is under it."""

    foot_fraction: float = 0.12
    """Of the object's height, from its lowest row up: columns that end there are feet."""
    below_fraction: float = 0.08
    """Of the object's height: the rows under a foot that count."""
    unbalanced: float = 0.035
    """Of the object's longer side: how far its middle may be beside its feet. What stands has its
    weight above them; what leans, sits, or lacks a leg has not."""
    gap_px: int = 4
    """Rows between, in a view of `SIDE_PX`, where the layout still shows the object."""
    least_rows: int = 6


FIRM = 0.4
"""From this footing on, an object stands in its own photo on what can carry it. Below, it is a
rider without the horse, or jumps."""


def certainty(footing: float) -> float:
    """Return how sure it is, 0..1, that an object stands in its own photo on what can carry it.

    Examples
    --------
    >>> certainty(0.1), certainty(0.7)
    (0.25, 1.0)
    """
    return min(footing / FIRM, 1.0)


def _feet(inside: Mask, parameters: FootingParameters) -> tuple[Indices, Indices]:
    """Return the row below each column of a mask, 0 where it is empty, and the columns of feet."""
    rows = np.flatnonzero(inside.any(1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    lowest = np.where(inside.any(0), len(inside) - inside[::-1].argmax(0), 0)
    feet = np.flatnonzero(lowest >= bottom - parameters.foot_fraction * (bottom - top))
    return lowest, feet


def _leans(inside: Mask, parameters: FootingParameters) -> bool:
    """Check whether the middle of a mask is beside its feet."""
    # Listing the pixels of a photo of 99 megapixels would take 1.5 GB.
    in_column = np.count_nonzero(inside, axis=0)
    middle = np.average(np.arange(len(in_column)), weights=in_column)
    longer = max(np.ptp(np.flatnonzero(each)) for each in (inside.any(1), in_column)) + 1
    _, feet = _feet(inside, parameters)
    beside = max(feet[0] - middle, middle - feet[-1])
    return bool(beside > parameters.unbalanced * longer)


def footing(
    layout: Layout,
    thing: Thing,
    matte: Matte,
    *,
    parameters: FootingParameters = FootingParameters(),
) -> float | None:
    """Return how well what is under an object's feet carries such a thing, 0..1.

    Parameters
    ----------
    layout
        Of the object's own photo.
    thing
        What the object is.
    matte
        (height, width) float32, 0..1, in the object's own photo.

    Returns
    -------
    float or None
        0 if its weight is not above its feet. None if nothing can be said: there is no object, such
        things never stand, or its lowest part lies at the photo's edge.
    """
    # Only what stands nowhere flies: above a runway, there is no footing. Horses also stand on
    # streets.
    stands_on = ("ground" if each == "land" else each for each in thing.stands_on)
    supports = [each for each in stands_on if each in SURFACES_OF and each != "air"]
    inside = object_mask(resize(matte, SIDE_PX, SIDE_PX))
    if not supports or not inside.any():
        return None
    if _leans(object_mask(matte), parameters):
        return 0.0
    rows = np.flatnonzero(inside.any(1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    height = bottom - top
    first = parameters.gap_px
    last = first + max(parameters.least_rows, round(parameters.below_fraction * height))
    if bottom + first + parameters.least_rows > SIDE_PX:
        return None
    lowest, columns = _feet(inside, parameters)
    fits = [resize(layout.fit(SURFACES_OF[each]), SIDE_PX, SIDE_PX) for each in supports]
    fit = np.max(fits, axis=0)
    under = [fit[lowest[x] + first : lowest[x] + last, x].mean() for x in columns]
    return float(np.clip(np.mean(under), 0, 1))
