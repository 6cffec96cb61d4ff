"""Which stickers a scene is offered: the same every time, whatever order things arrive in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


class Chooser:
    """Stickers for scenes, best first, by rendezvous hashing.

    Each pair of scene and sticker has its own random weight, and the heaviest win: a sticker
    added to n others is the first choice of one scene in n + 1, and the rest keep theirs
    (Thaler & Ravishankar, Using Name-Based Mappings to Increase Hit Rates, 1998).
    """

    def __init__(self, stickers: Sequence[LibrarySticker], *, seed: int) -> None:
        self._stickers, self._seed = stickers, seed
        self._hashes = np.array([name_hash(each.sticker) for each in stickers], np.uint64)
        self._weights, self._spare = np.empty_like(self._hashes), np.empty_like(self._hashes)

    def choose(self, scene_key: str, count: int) -> list[LibrarySticker]:
        """The scene's `count` heaviest stickers; about 50 microseconds for 20,000 of them."""
        if not len(self._stickers) or count < 1:
            return []
        weights = self._weigh(np.uint64(name_hash(f"{self._seed}\0{scene_key}")))
        heavy = np.flatnonzero(weights >= self._limit(count))
        if len(heavy) < count:
            heavy = np.arange(len(weights))
        heaviest = heavy[np.argsort(weights[heavy])[::-1][:count]]
        return [self._stickers[index] for index in heaviest]

    def _limit(self, count: int) -> np.uint64:
        """A weight that about four times as many as are wanted reach: sorting all costs more."""
        share = min(1.0, 4 * count / len(self._stickers))
        return np.uint64(min(2**64 - 1, int(2**64 * (1 - share))))

    def _weigh(self, scene: np.uint64) -> NDArray[np.uint64]:
        """Splitmix64's finaliser (Steele et al. 2014): every bit depends on every other."""
        weights, spare = self._weights, self._spare
        np.bitwise_xor(self._hashes, scene, out=weights)
        for shift, factor in _SPLITMIX:
            np.right_shift(weights, np.uint64(shift), out=spare)
            np.bitwise_xor(weights, spare, out=weights)
            np.multiply(weights, np.uint64(factor), out=weights)
        np.right_shift(weights, np.uint64(31), out=spare)
        return np.bitwise_xor(weights, spare, out=weights)


_SPLITMIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))

Candidates = Callable[[str], list[LibrarySticker]]
"""From a scene's key to the few stickers that its placements depend on, best first."""


def candidates_from(library: Sequence[LibrarySticker], settings: PlacementSettings) -> Candidates:
    """Prepare the choice among a library's usable stickers."""
    usable = [each for each in library if each.quality >= settings.min_quality and each.placeable]
    chooser = Chooser(usable, seed=settings.seed)
    count = CANDIDATES_PER_STICKER * settings.stickers_per_scene
    return lambda scene_key: chooser.choose(scene_key, count)
