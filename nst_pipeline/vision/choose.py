"""Which stickers a scene is offered: the same every time, whatever order things arrive in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import PlacementSettings

CANDIDATES_PER_STICKER = 4
"""Stickers considered for each one wanted: some will not fit."""


@dataclass(frozen=True)
class LibrarySticker:
    """What placing needs to know of a sticker; sides in pixels, quality 0..1.

    `touches_...`: that edge of its photo cuts the object, so the scene's must cut it as well.
    """

    sticker: str
    object_key: str
    width: int
    height: int
    quality: float
    touches_bottom: bool = False
    touches_top: bool = False
    touches_left: bool = False
    touches_right: bool = False
    label: str = ""
    lab: tuple[float, float, float] | None = None
    """Its mean colour; None: not known, and any surroundings suit it."""

    @property
    def placeable(self) -> bool:
        """Whether a scene's edges can hide all its cuts.

        What the top edge cuts stands too near to be shown at a scene's usual scale; so does what
        reaches from side to side.
        """
        return not self.touches_top and not (self.touches_left and self.touches_right)


def name_hash(text: str) -> int:
    """64 bits that depend on the text alone; Python's own hash changes with each start."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4)
def _hashes(names: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array([name_hash(name) for name in names], np.uint64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's finaliser (Steele et al. 2014): every bit depends on every other."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def choose(
    scene_key: str, stickers: Sequence[LibrarySticker], *, count: int, seed: int
) -> list[LibrarySticker]:
    """The scene's stickers, best first, by rendezvous hashing.

    Each pair of scene and sticker has its own random weight, and the heaviest win: a sticker
    added to n others is the first choice of one scene in n + 1, and the rest keep theirs
    (Thaler & Ravishankar, Using Name-Based Mappings to Increase Hit Rates, 1998).
    """
    if not stickers or count < 1:
        return []
    names = tuple(each.sticker for each in stickers)
    weights = _mixed(_hashes(names) ^ np.uint64(name_hash(f"{seed}\0{scene_key}")))
    heaviest = np.argsort(weights)[::-1][:count]
    return [stickers[index] for index in heaviest]


def candidates_for(
    scene_key: str, library: Sequence[LibrarySticker], settings: PlacementSettings
) -> list[LibrarySticker]:
    """The few usable stickers that a scene's placements depend on, best first."""
    usable = [each for each in library if each.quality >= settings.min_quality and each.placeable]
    count = CANDIDATES_PER_STICKER * settings.stickers_per_scene
    return choose(scene_key, usable, count=count, seed=settings.seed)
