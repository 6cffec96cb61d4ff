"""What an object's own photo tells of it: the light, the surfaces around it, and its footing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nst_pipeline.style.habitats import read_habitats
from nst_pipeline.style.light_reader import read_light
from nst_pipeline.style.scene_layout import read_footing
from nst_pipeline.vision.harmonize.light.reading import Reading
from nst_pipeline.vision.place.habitats import Habitats
from nst_pipeline.vision.place.kinship import Shares, is_plain, kind_of, shares_of_surfaces
from nst_pipeline.vision.place.layout import Layout
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.place.view_angle import view_angle
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class Surroundings:
    """What is known of where an object was; None where nothing is.

    Attributes
    ----------
    light
        Nine numbers, as `read_light` returns them.
    footing
        How well what is under its feet carries such a thing, 0..1.
    surfaces
        Which surfaces are around it, as `shares_of_surfaces` returns them.
    kind
        Whether it is a `person`, `vehicle` or `animal`; else empty.
    view
        Angle, degrees, at which the camera looked down on its foot.
    habitats
        Which habitats are around it, as `read_habitats` returns them.
    """

    light: Reading | None = None
    footing: float | None = None
    surfaces: Shares | None = None
    kind: str = ""
    view: float | None = None
    habitats: Habitats | None = None


def read_surroundings(
    photo: Rgb, layout: Callable[[], Layout], label: str, matte: Matte
) -> Surroundings:
    """Read what an object's own photo tells of it.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    layout
        Reads the photo's layout, as `layout_once` does.
    label
        What the object is.
    matte
        (height, width) float32, 0..1, of the object.

    Raises
    ------
    ModelUnavailableError
        A network's file is damaged.
    """
    thing, plain = thing_named(label), is_plain(photo, matte)
    return Surroundings(
        read_light(photo, matte),
        read_footing(layout, label, matte),
        None if plain else shares_of_surfaces(layout(), matte),
        kind_of(layout(), matte),
        None if plain or thing is None else view_angle(layout(), thing, matte),
        None if plain else read_habitats(photo, matte),
    )
