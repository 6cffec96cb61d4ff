"""Which surfaces carry a thing, and how well."""

from __future__ import annotations

from collections.abc import Mapping

from nst_pipeline.vision.place.things import Support, thing_named

SURFACES_OF: Mapping[Support, Mapping[str, float]] = {
    "road": {"road": 1.0, "earth": 0.7, "grass": 0.3, "floor": 0.1},
    "roadside": {"road": 1.0, "earth": 0.7, "grass": 0.7},
    "ground": {"road": 1.0, "earth": 1.0, "grass": 1.0, "floor": 0.1},
    "land": {"earth": 1.0, "grass": 1.0, "road": 0.2},
    "floor": {"floor": 1.0, "road": 0.3, "earth": 0.15, "grass": 0.15},
    "table": {"table": 1.0, "furniture": 0.3},
    "water": {"water": 1.0},
    "air": {"sky": 1.0},
    "wall": {"wall": 1.0},
    "tree": {"foliage": 1.0},
}
"""Fit, 0..1, of the surfaces that count as a support."""
GROUND: frozenset[Support] = frozenset({"road", "roadside", "ground", "land", "floor"})
"""Supports that go on below a picture's bottom edge, as far as to the photographer."""
HANGING: frozenset[Support] = frozenset({"air", "wall", "tree"})
"""Supports that surround a thing, instead of carrying its foot."""


_NAMES: Mapping[Support, str] = {
    "air": "in the air",
    "land": "on open land",
    "roadside": "at the roadside",
    "tree": "in a tree",
}


def name_of(support: Support) -> str:
    """Say where a thing is, such as `on the ground`."""
    return _NAMES.get(support, f"on the {support}")


def hangs(label: str) -> bool:
    """Check whether things of a name never stand, such as kites and clocks on a wall.

    Examples
    --------
    >>> hangs("kite"), hangs("airplane"), hangs("nobody knows this")
    (True, False, False)
    """
    thing = thing_named(label)
    return thing is not None and bool(thing.stands_on) and HANGING.issuperset(thing.stands_on)
