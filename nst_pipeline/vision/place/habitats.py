"""Where things are at home: a cow on a farm, a hydrant in a street, a cup on a laid table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HABITATS = (
    "air", "bath", "farm", "garden", "kitchen", "living", "office", "people", "pet", "shop",
    "snow", "sport", "stage", "street", "table", "water", "wild", "workshop",
)  # fmt: skip
"""Kinds of places that photos show. `air` is where aircraft are, `living` a living room or a
bedroom, `people` wherever people stay, `pet` wherever pets do, `stage` where music is made, `table`
a laid one, `water` a shore or a harbor, `wild` where wild animals live."""
BUSY = ("snow", "sport", "water")
"""Habitats where people do what they do nowhere else: who bats needs a field."""

Habitats = tuple[float, ...]
"""How sure it is that a photo shows each of `HABITATS`, 0..1."""
_BEST = 2
"""So many of a thing's habitats count, the likeliest."""
_EVEN = 0.1
"""Added to both of two probabilities of which the ratio is taken."""


def at_home(of: Sequence[str], place: Habitats) -> float | None:
    """Return how sure it is that a place is the habitat of a thing, 0..1.

    Parameters
    ----------
    of
        The thing's habitats, names of `HABITATS`.
    place
        The habitats that a photo of the place shows.

    Returns
    -------
    float or None
        None if the thing is at home nowhere or anywhere.

    Examples
    --------
    >>> meadow = tuple(0.9 if name == "farm" else 0.1 for name in HABITATS)
    >>> at_home(["farm"], meadow) > 0.8 > 0.2 > at_home(["street"], meadow)
    True
    """
    best = sorted(place[HABITATS.index(name)] for name in of)[-_BEST:]
    return float(np.mean(best)) if best else None


def likeness(own: Habitats, place: Habitats) -> float:
    """Return how alike the habitats of two places are, 0..1 (Ruzicka similarity)."""
    shared, either = np.minimum(own, place).sum(), np.maximum(own, place).sum()
    return float(shared / max(either, 1e-6))


def can_go_on(own: Habitats, place: Habitats) -> float:
    """Return how well a place allows what people do in their own photo, 0..1.

    Somebody cut out while skiing goes on skiing wherever they are put.

    Examples
    --------
    >>> slope, street = (
    ...     tuple(0.9 if name == each else 0.0 for name in HABITATS) for each in ("snow", "street")
    ... )
    >>> can_go_on(slope, street) < 0.2 < can_go_on(street, slope) == can_go_on(slope, slope) == 1
    True
    """
    pairs = [(own[HABITATS.index(name)], place[HABITATS.index(name)]) for name in BUSY]
    return float(min(min(1.0, (there + _EVEN) / (here + _EVEN)) for here, there in pairs))
