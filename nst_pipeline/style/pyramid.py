"""Coarse to fine: broad changes are found on small pictures, where they cost little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nst_pipeline.style.search import Pixels
from nst_pipeline.vision.images.resize import resize

_SIDE_STEP = 16
"""Sides are multiples of it: VGG19 halves them four times, and few sizes mean few set-ups."""
_SMALLEST_SIDE = 32  # four halvings leave the deepest layers two positions
_COARSEST_SIDE = 96  # the shorter side; below it, the deepest layers see little but padding


@dataclass(frozen=True)
class Level:
    """One size of the picture, and how many times as large (in length) the finest is."""

    width: int
    height: int
    reduction: int


def working_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Width and height at that scale, rounded so that many pictures share a size."""

    def side(length: int) -> int:
        return max(_SMALLEST_SIDE, round(length * scale / _SIDE_STEP) * _SIDE_STEP)

    return side(width), side(height)


def levels(width: int, height: int) -> list[Level]:
    """All sizes from the coarsest to the finest; each doubles the sides of the one before."""
    found = [Level(width, height, 1)]
    while min(found[-1].width, found[-1].height) >= 2 * _COARSEST_SIDE:
        last = found[-1]
        found.append(Level(last.width // 2, last.height // 2, 2 * last.reduction))
    return found[::-1]


def coarse_to_fine(sizes: list[Level], solve: Callable[[Level, Pixels], Pixels]) -> Pixels:
    """Solve every level from what the one before has found.

    Args:
        sizes: from the coarsest to the finest.
        solve: takes a level and the change to start from, and gives a better one, both
            (height, width, 3) of the level's size.

    Returns:
        The finest level's change.
    """
    change: Pixels = np.zeros((sizes[0].height, sizes[0].width, 3), np.float32)
    for level in sizes:
        change = solve(level, resize(change, level.width, level.height))
    return change
