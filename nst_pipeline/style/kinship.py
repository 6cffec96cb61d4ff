"""How alike a scene and the photos are that stickers come from."""

from __future__ import annotations

from nst_pipeline.style.light_reader import read_light
from nst_pipeline.vision.harmonize.light.reading import light_distance
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.kinship import kinship, shares_of_surfaces
from nst_pipeline.vision.place.layout import Layout
from nst_pipeline.vision.place.plan import Kinship
from nst_pipeline.vision.shapes import Rgb


def kinship_with(scene: Rgb, layout: Layout) -> Kinship:
    """Return the function that rates how alike a scene and a sticker's own photo are.

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
    shares, light = shares_of_surfaces(layout), read_light(scene)

    def rate(sticker: LibrarySticker) -> float:
        own, distance = sticker.light, None
        if own is not None and light is not None:
            distance = light_distance(own, light)
        return kinship(sticker.surfaces, shares, distance, sticker.kind)

    return rate
