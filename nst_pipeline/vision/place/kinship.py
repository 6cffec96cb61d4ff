"""How alike an object's own photo and a scene are: what belongs into one belongs into the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.edges import find_edges
from nst_pipeline.vision.images.regions import dilate, object_mask
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.layout import SURFACES, Layout
from nst_pipeline.vision.shapes import Matte, Rgb

Shares = tuple[float, ...]
"""Share of a picture that shows each of `SURFACES`, 0..1."""
KINDS = ("person", "vehicle", "animal")
"""Surfaces that seek their like."""
_DECIMALS = 3


@dataclass(frozen=True)
class KinshipParameters:
    """How likeness becomes a number."""

    light_lab: float = 18.0
    """Distance of two lights, LAB units, that speaks against an object like one standard deviation:
    half of all pairs of photos are nearer than 14."""
    company: float = 0.01
    """Share of a scene from which on it shows the object's like."""
    alone: float = 0.7
    """Kinship, as a share, of a person, a vehicle or an animal in a scene without any."""
    mostly: float = 0.5
    """Probability from which on an object is one of those."""
    unknown: float = 0.5
    """Kinship of an object whose own photo is not known."""
    view_px: int = 256
    """Side of the square in which edges are looked for."""
    margin_px: int = 9
    """Reach of the object's own edges there."""
    plain: float = 0.01
    """Share of the surroundings that edges cover below which they tell nothing."""


def shares_of_surfaces(layout: Layout, matte: Matte | None = None) -> Shares:
    """Compute which share of a picture each surface has, around an object.

    Parameters
    ----------
    layout
        The picture's.
    matte
        (height, width) float32, 0..1, of the object, which does not count; None to count all.
    """
    rows, columns = layout.surfaces.shape[1:]
    around = np.ones((rows, columns), np.float32)
    if matte is not None:
        around -= resize(matte, columns, rows)
    shares = (layout.surfaces * around).sum((1, 2)) / max(float(around.sum()), 1.0)
    return tuple(round(float(each), _DECIMALS) for each in shares)


def kind_of(
    layout: Layout, matte: Matte, *, parameters: KinshipParameters = KinshipParameters()
) -> str:
    """Return which of `KINDS` an object is, as its photo shows it; empty if none.

    Parameters
    ----------
    layout
        Of the object's own photo.
    matte
        (height, width) float32, 0..1, of the object.
    parameters
        Tuned constants.
    """
    rows, columns = layout.surfaces.shape[1:]
    inside = resize(matte, columns, rows)
    shown = (layout.surfaces * inside).sum((1, 2)) / max(float(inside.sum()), 1e-6)
    likely = [each for each in KINDS if shown[SURFACES.index(each)] > parameters.mostly]
    return likely[0] if likely else ""


def is_plain(
    photo: Rgb, matte: Matte, *, parameters: KinshipParameters = KinshipParameters()
) -> bool:
    """Check whether an object is on a plain background, as in a studio: it belongs anywhere.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object.
    parameters
        Tuned constants.
    """
    side = parameters.view_px
    near = dilate(object_mask(resize(matte, side, side)), parameters.margin_px)
    edges = find_edges(photo, side)[~near]
    return bool(edges.mean() < parameters.plain) if edges.size else False


def kinship(
    own: Shares | None,
    scene: Shares,
    light_distance: float | None,
    kind: str = "",
    *,
    parameters: KinshipParameters = KinshipParameters(),
) -> float:
    """Rate how alike an object's own photo and a scene are, 0..1.

    Parameters
    ----------
    own, scene
        Surfaces around the object in its photo, None if unknown, and of the scene.
    light_distance
        How different their lights are, LAB units; None if unknown.
    kind
        One of `KINDS`, or none of them: people are where people are, and cars where cars are.
    parameters
        Tuned constants.

    Notes
    -----
    Lalonde, Hoiem, Efros, Rother, Winn, Criminisi, "Photo Clip Art", SIGGRAPH 2007, choose objects
    by the camera and the light of their photos. The surfaces (histogram intersection, Swain and
    Ballard 1991) say besides what kind of place it is.

    Examples
    --------
    >>> street, kitchen = (0.3, 0.7, 0.0), (0.0, 0.1, 0.9)
    >>> kinship(street, street, 2.0) > 0.9 > 0.4 > kinship(kitchen, street, 2.0)
    True
    """
    if own is None:
        return parameters.unknown
    shared = float(np.minimum(own, scene).sum())
    off = 0.0 if light_distance is None else light_distance / parameters.light_lab
    likeness = float(np.sqrt(shared) * np.exp(-(off**2) / 2))
    if kind and scene[SURFACES.index(kind)] < parameters.company:
        likeness *= parameters.alone
    return round(likeness, 4)
