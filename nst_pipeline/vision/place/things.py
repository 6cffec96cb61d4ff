"""How tall things are in reality, what they stand on, and where they are at home."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

Support = Literal[
    "road", "roadside", "ground", "land", "floor", "table", "water", "air", "wall", "tree"
]
"""What a thing stands on, floats on, flies in or hangs from. `land` is ground away from streets:
wild and farm animals are there. `roadside` is where paved ground ends: hydrants are there."""
_FILE = Path(__file__).parent / "things.csv"


@dataclass(frozen=True)
class Thing:
    """What is usual for things of one name.

    Attributes
    ----------
    height_m
        Meters, from foot to top, as they usually stand or lie.
    spread
        Factor: two thirds of them are between `height_m / spread` and `height_m * spread`.
    stands_on
        What they usually stand on, the most usual first; nothing if they are held, or on rails.
    habitats
        Where they are at home, names of `HABITATS`; nothing if they may be anywhere.
    """

    height_m: float
    spread: float
    stands_on: tuple[Support, ...]
    habitats: tuple[str, ...] = ()


@cache
def _things() -> dict[str, Thing]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["word"]: Thing(
                float(row["height_m"]),
                float(row["spread"]),
                tuple(cast(Support, each) for each in row["stands_on"].split("|") if each),
                tuple(each for each in row["habitats"].split("|") if each),
            )
            for row in csv.DictReader(file)
        }


def thing_named(label: str) -> Thing | None:
    """Look a thing up by its label; None if the word is unknown.

    Examples
    --------
    >>> thing_named("Car").height_m
    1.5
    >>> thing_named("gizmo") is None
    True
    """
    return _things().get(label.strip().lower())
