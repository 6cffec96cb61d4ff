"""Which sticker goes where on a scene: the same every time, whatever order things arrive in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.shapes import Box, Placement, Rgb
from nst_pipeline.vision.support import Ground, ground_of

MAX_ENLARGEMENT = 1.5
"""A sticker shown larger than this times its own pixels looks soft beside the scene."""
CANDIDATES_PER_STICKER = 4
"""Stickers considered for each one wanted: some will not fit."""
SPOTS = 32
"""Places tried for each sticker; the calmest that fits is taken."""
STANDING_SHARE = 0.25
"""The lower part of an object, behind which the ground that it stands on shows."""
EDGE_SHARE = 0.02
"""Room kept between the sticker and the scene's left and right edges, share of the width."""
CUT_PX = 1
"""How far a cut-off object reaches past the bottom edge, so that no scene shows below its cut."""
NEARNESS_RANGE = (0.5, 0.97)
"""Feet, from the horizon (0) to the bottom edge (1). The horizon is a guess, and what stands too
far behind it floats: feet stay well below."""


@dataclass(frozen=True)
class LibrarySticker:
    """What placing a sticker needs to know of it; sides in pixels, quality 0..1."""

    sticker: str
    object_key: str
    width: int
    height: int
    quality: float
    touches_bottom: bool = False
    """The photo's bottom edge cuts the object: it must be cut by the scene's, too."""
    label: str = ""


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4)
def _hashes(names: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array([_hash(name) for name in names], np.uint64)


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
    weights = _mixed(_hashes(names) ^ np.uint64(_hash(f"{seed}\0{scene_key}")))
    heaviest = np.argsort(weights)[::-1][:count]
    return [stickers[index] for index in heaviest]


def candidates_for(
    scene_key: str, library: Sequence[LibrarySticker], settings: PlacementSettings
) -> list[LibrarySticker]:
    """The few usable stickers that a scene's placements depend on, best first."""
    usable = [each for each in library if each.quality >= settings.min_quality]
    count = CANDIDATES_PER_STICKER * settings.stickers_per_scene
    return choose(scene_key, usable, count=count, seed=settings.seed)


def _overlaps(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box.x < other.right
        and other.x < box.right
        and box.y < other.bottom
        and other.y < box.bottom
        for other in others
    )


def _size(sticker: LibrarySticker, share: float, width: int, height: int) -> tuple[int, int]:
    """Width and height of a sticker that is to take `share` of the scene's height."""
    room = (1 - 2 * EDGE_SHARE) * width / sticker.width
    scale = min(share * height / sticker.height, MAX_ENLARGEMENT, room)
    return max(1, round(sticker.width * scale)), max(1, round(sticker.height * scale))


def _spot(
    sticker: LibrarySticker,
    horizon: float,
    settings: PlacementSettings,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Box | None:
    """A place at random that is plausible in itself: the nearer the foot, the larger."""
    width, height = size
    across, nearness = rng.random(), rng.uniform(*NEARNESS_RANGE)
    if sticker.touches_bottom:
        nearness = 1.0
    smallest, largest = settings.min_height_fraction, settings.max_height_fraction
    own = _size(sticker, smallest + (largest - smallest) * nearness, width, height)
    if own[1] < round(smallest * height):
        return None
    foot = round((horizon + (1 - horizon) * nearness) * height)
    if sticker.touches_bottom:
        foot = height + CUT_PX
    edge = round(EDGE_SHARE * width)
    x = edge + round(across * (width - 2 * edge - own[0]))
    box = Box(x, foot - own[1], *own)
    return box if box.y >= 0 else None


def _rng(scene_key: str, sticker: str, seed: int) -> np.random.Generator:
    return np.random.default_rng(_hash(f"{seed}\0{scene_key}\0{sticker}"))


def _cost(box: Box, ground: Ground, size: tuple[int, int]) -> float:
    """How unlikely a place is: things stand on calm ground, and rather near than far."""
    strip = max(1, round(STANDING_SHARE * box.height))
    standing = Box(box.x, box.bottom - strip, box.width, strip)
    return (1 + ground.busyness_in(standing, *size)) / box.height


def _best_spot(
    sticker: LibrarySticker,
    ground: Ground,
    taken: Sequence[Box],
    settings: PlacementSettings,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Box | None:
    spots = (_spot(sticker, ground.horizon, settings, size, rng) for _ in range(SPOTS))
    free = [box for box in spots if box is not None and not _overlaps(box, taken)]
    return min(free, key=lambda box: _cost(box, ground, size), default=None)


def plan(
    scene: Rgb,
    stickers: Sequence[LibrarySticker],
    obstacles: Sequence[Box],
    settings: PlacementSettings,
    *,
    scene_key: str,
) -> list[Placement]:
    """Place up to `settings.stickers_per_scene` stickers on a scene.

    Feet stand below the horizon, the lower the larger; objects that their photo's bottom edge
    cut stand at the scene's bottom edge; nothing overlaps what was detected in the scene, or
    another sticker; among the places that fit, the calmest is taken.

    Args:
        scene: (height, width, 3) uint8 RGB.
        stickers: candidates, best first (`candidates_for`); one that does not fit is passed over.
        obstacles: what the scene shows already, in its pixels.
        scene_key: decides, with `settings.seed`, between places.

    Returns:
        Boxes in scene pixels; empty where there is no room or no sticker.
    """
    height, width = scene.shape[:2]
    ground, taken = ground_of(scene), list(obstacles)
    placed: list[Placement] = []
    for sticker in stickers:
        if len(placed) == settings.stickers_per_scene:
            break
        rng = _rng(scene_key, sticker.sticker, settings.seed)
        flip = settings.flip and rng.random() < 0.5
        box = _best_spot(sticker, ground, taken, settings, (width, height), rng)
        if box is not None:
            taken.append(box)
            placed.append(Placement(sticker.sticker, box, flip))
    return placed
