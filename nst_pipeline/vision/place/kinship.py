"""Whether an object belongs into a scene: by where it is at home, and by its own photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.edges import find_edges
from nst_pipeline.vision.images.regions import dilate, object_mask
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.habitats import Habitats, at_home, can_go_on, likeness
from nst_pipeline.vision.place.layout import SURFACES, Layout
from nst_pipeline.vision.shapes import Matte, Rgb

Shares = tuple[float, ...]
"""Share of a picture that shows each of `SURFACES`, 0..1."""
KINDS = ("person", "vehicle", "animal")
"""Surfaces that seek their like."""
_DECIMALS = 3


@dataclass(frozen=True)
class Place:
    """What a photo shows besides an object; None where it is unknown, or tells nothing.

    Attributes
    ----------
    surfaces
        As `shares_of_surfaces` returns them.
    habitats
        How sure it is that it shows each of `HABITATS`, 0..1.
    """

    surfaces: Shares | None = None
    habitats: Habitats | None = None


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
    at_home: float = 0.8
    """Weight of the logit of being at home. This one and those that follow are fitted: pairs of a
    photo's object and another photo, which shows such a thing or does not."""
    surfaces: float = 0.2
    """Weight of the logarithm of the share of the surfaces that both have."""
    usual: float = 0.45
    """That share, usually."""
    habitats: float = 1.0
    """Weight of how alike the habitats are."""
    usual_likeness: float = 0.4
    """How alike they are, usually."""
    bias: float = 0.2
    least: float = 0.02
    """Smaller shares and probabilities count as this one."""


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


def _belongs(own: Place, scene: Place, home: float, parameters: KinshipParameters) -> float:
    """Return how sure it is that a thing belongs into a scene, 0..1, by where it is at home."""
    odds = np.log(max(home, parameters.least) / max(1 - home, parameters.least))
    total = parameters.at_home * odds + parameters.bias
    if own.surfaces is not None and scene.surfaces is not None:
        shared = float(np.minimum(own.surfaces, scene.surfaces).sum())
        total += parameters.surfaces * np.log(max(shared, parameters.least) / parameters.usual)
    if own.habitats is not None and scene.habitats is not None:
        alike = likeness(own.habitats, scene.habitats)
        total += parameters.habitats * (alike - parameters.usual_likeness)
    return float(1 / (1 + np.exp(-total)))


def kinship(
    own: Place,
    scene: Place,
    light_distance: float | None,
    kind: str = "",
    habitats: Sequence[str] = (),
    *,
    parameters: KinshipParameters = KinshipParameters(),
) -> float:
    """Rate how well an object belongs into a scene, 0..1.

    Parameters
    ----------
    own, scene
        What is around the object in its photo, and what the scene is.
    light_distance
        How different their lights are, LAB units; None if unknown.
    kind
        One of `KINDS`, or none of them: people are where people are, and cars where cars are.
    habitats
        Where such a thing is at home, names of `HABITATS`; empty if anywhere.
    parameters
        Fitted and tuned constants.

    Notes
    -----
    Lalonde, Hoiem, Efros, Rother, Winn, Criminisi, "Photo Clip Art", SIGGRAPH 2007, choose objects
    by the camera and the light of their photos. The surfaces (histogram intersection, Swain and
    Ballard 1991) say besides what kind of place it is. That a place tells which things to expect
    before any is seen: Torralba, "Contextual Priming for Object Detection", IJCV 53, 2003.

    Examples
    --------
    >>> street, kitchen = Place((0.3, 0.7, 0.0)), Place((0.0, 0.1, 0.9))
    >>> kinship(street, street, 2.0) > 0.9 > 0.4 > kinship(kitchen, street, 2.0)
    True
    """
    home = None if scene.habitats is None else at_home(habitats, scene.habitats)
    if home is not None:
        belongs = _belongs(own, scene, home, parameters)
    elif own.surfaces is None or scene.surfaces is None:
        return parameters.unknown
    else:
        belongs = float(np.sqrt(np.minimum(own.surfaces, scene.surfaces).sum()))
    off = 0.0 if light_distance is None else light_distance / parameters.light_lab
    belongs *= float(np.exp(-(off**2) / 2))
    if kind and scene.surfaces and scene.surfaces[SURFACES.index(kind)] < parameters.company:
        belongs *= parameters.alone
    if kind == "person" and own.habitats is not None and scene.habitats is not None:
        belongs *= can_go_on(own.habitats, scene.habitats)
    return round(min(belongs, 1.0), 4)
