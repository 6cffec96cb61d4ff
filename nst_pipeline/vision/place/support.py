"""Which surfaces carry a thing, and how well."""

from __future__ import annotations

from collections.abc import Mapping

from nst_pipeline.vision.place.things import Support

SURFACES_OF: Mapping[Support, Mapping[str, float]] = {
    "road": {"road": 1.0, "earth": 0.7, "grass": 0.3, "floor": 0.1},
    "ground": {"road": 1.0, "earth": 1.0, "grass": 1.0, "floor": 0.1},
    "floor": {"floor": 1.0, "road": 0.3, "earth": 0.15, "grass": 0.15},
    "table": {"table": 1.0, "furniture": 0.3},
    "water": {"water": 1.0},
    "air": {"sky": 1.0},
    "wall": {"wall": 1.0},
    "tree": {"foliage": 1.0},
}
"""Fit, 0..1, of the surfaces that count as a support."""
GROUND: frozenset[Support] = frozenset({"road", "ground", "floor"})
"""Supports that go on below a picture's bottom edge, as far as to the photographer."""
HANGING: frozenset[Support] = frozenset({"air", "wall", "tree"})
"""Supports that surround a thing, instead of carrying its foot."""


def name_of(support: Support) -> str:
    """Say where a thing is, such as `on the ground`."""
    return {"air": "in the air", "tree": "in a tree"}.get(support, f"on the {support}")
