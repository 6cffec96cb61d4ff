"""How well stickers belong into a scene."""

from __future__ import annotations

from nst_pipeline.style.habitats import read_habitats
from nst_pipeline.style.light_reader import read_light
from nst_pipeline.vision.harmonize.light.reading import light_distance
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.kinship import Place, kinship, shares_of_surfaces
from nst_pipeline.vision.place.layout import Layout
from nst_pipeline.vision.place.plan import Kinship
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.shapes import Rgb


def kinship_with(scene: Rgb, layout: Layout) -> Kinship:
    """Return the function that rates how well a sticker belongs into a scene.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    layout
        The scene's.

    Raises
    ------
    ModelUnavailableError
        The network that reads light is damaged.
    """
    place, light = Place(shares_of_surfaces(layout), read_habitats(scene)), read_light(scene)

    def rate(sticker: LibrarySticker) -> float:
        own, distance = sticker.light, None
        if own is not None and light is not None:
            distance = light_distance(own, light)
        thing, own_place = thing_named(sticker.label), Place(sticker.surfaces, sticker.habitats)
        habitats = thing.habitats if thing else ()
        return kinship(own_place, place, distance, sticker.kind, habitats)

    return rate
