"""Which stickers a scene is offered: the same every time, whatever order things arrive in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

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
    """Its mean color; None: not known, and any surroundings suit it."""

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
    """Stickers for scenes, best first, by consistent hashing.

    Every sticker stands at many places of a circle. A scene stands at one, and takes the stickers
    that it meets from there on: a sticker added to n others is the first that one scene in n + 1
    meets, and the rest keep theirs (Karger et al., Consistent Hashing and Random Trees, 1997).
    """

    def __init__(self, stickers: Sequence[LibrarySticker], *, seed: int) -> None:
        self._stickers, self._seed = stickers, seed
        hashes = np.array([name_hash(each.sticker) for each in stickers], np.uint64)
        steps = np.arange(1, _PLACES + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        places = _mixed(hashes[:, np.newaxis] + steps).ravel()
        order = np.argsort(places)
        self._places, self._owners = places[order], (order // _PLACES).astype(np.int32)

    def choose(self, scene_key: str, count: int) -> list[LibrarySticker]:
        """The first `count` different stickers that the scene meets; 10 microseconds."""
        wanted, met = min(count, len(self._stickers)), dict[int, None]()
        scene = np.uint64(name_hash(f"{self._seed}\0{scene_key}"))
        at = int(np.searchsorted(self._places, scene))
        while len(met) < wanted:
            stretch = self._owners.take(range(at, at + 2 * wanted), mode="wrap")
            met |= dict.fromkeys(stretch.tolist())
            at += 2 * wanted
        return [self._stickers[owner] for owner in islice(met, wanted)]


_PLACES = 64
"""Of a sticker: the more, the more equal its share of the scenes; here shares vary by an eighth."""
_GOLDEN = 0x9E3779B97F4A7C15
_SPLITMIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's finaliser (Steele et al. 2014): every bit depends on every other."""
    for shift, factor in _SPLITMIX:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


Candidates = Callable[[str], list[LibrarySticker]]
"""From a scene's key to the few stickers that its placements depend on, best first."""


def candidates_from(library: Sequence[LibrarySticker], settings: PlacementSettings) -> Candidates:
    """Prepare the choice among a library's usable stickers."""
    usable = [each for each in library if each.quality >= settings.min_quality and each.placeable]
    chooser = Chooser(usable, seed=settings.seed)
    count = CANDIDATES_PER_STICKER * settings.stickers_per_scene
    return lambda scene_key: chooser.choose(scene_key, count)
