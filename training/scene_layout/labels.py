"""What the pixels of a scene can show, and how partly known labels are stored.

A label map is a (height, width) uint8 picture. Values below `len(SURFACES)` name one surface.
Others name a set of surfaces, one of which the pixel shows: `PARTLY_KNOWN` lists them.
"""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.place.layout import SURFACES

STRIDE = 4
"""Pixels of the network's square for one cell of its result."""
THINGS = ("person", "vehicle", "animal", "furniture", "thing")
"""Surfaces that stand in the way; the others are what things stand on, or what lies behind."""
GROUNDS = ("road", "floor", "grass", "earth")

UNKNOWN, NOT_A_THING, SOME_GROUND, STANDING_ON, SOME_THING, NOT_SKY = (
    255, 254, 253, 252, 251, 250,
)  # fmt: skip
"""Values of label maps: anything; anything but a thing; ground of some kind; ground or a table;
a thing of some kind; anything but sky."""
PARTLY_KNOWN: dict[int, tuple[str, ...]] = {
    UNKNOWN: SURFACES,
    NOT_A_THING: tuple(name for name in SURFACES if name not in THINGS),
    SOME_GROUND: GROUNDS,
    STANDING_ON: (*GROUNDS, "table"),
    SOME_THING: THINGS,
    NOT_SKY: tuple(name for name in SURFACES if name != "sky"),
}


def surface(name: str) -> int:
    """Return the number of a surface."""
    return SURFACES.index(name)


def possible_surfaces() -> np.ndarray:
    """Return which surfaces each value of a label map allows, (256, surfaces) bool."""
    possible = np.ones((256, len(SURFACES)), bool)
    for number in range(len(SURFACES)):
        possible[number] = np.arange(len(SURFACES)) == number
    for value, names in PARTLY_KNOWN.items():
        possible[value] = [name in names for name in SURFACES]
    return possible


COCO_SURFACES = (
    {"person": "person", "dining table": "table", "chair": "furniture", "couch": "furniture",
     "bed": "furniture", "toilet": "furniture", "bench": "furniture", "refrigerator": "furniture",
     "oven": "furniture", "sink": "furniture"}
    | dict.fromkeys(("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
                    "vehicle")
    | dict.fromkeys(("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra",
                     "giraffe"), "animal")
)  # fmt: skip
"""Surface of COCO's categories; every other one is a `thing`."""

SETS = {"unknown": UNKNOWN, "not a thing": NOT_A_THING, "some ground": SOME_GROUND,
        "some thing": SOME_THING,
        "not sky": NOT_SKY}  # fmt: skip
"""Names of sets, for tables of classes."""
