"""Work from coarse to fine: find broad changes on small pictures, where a step costs little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.vision.images.resize import resize


@dataclass(frozen=True)
class PyramidParameters:
    """Limits of the working sizes."""

    side_multiple: int = 16
    """Sides are multiples of this, pixels: VGG halves them four times, and pictures of equal size
    share one setup."""
    min_side: int = 32
    """Shortest side, pixels: four halvings leave two positions in the deepest layers."""
    min_coarse_side: int = 64
    """Least shorter side of a coarse level, pixels: on smaller pictures, the deepest layers see
    little but padding."""


@dataclass(frozen=True)
class Level:
    """One size of the picture.

    Attributes
    ----------
    width, height
        Pixels.
    reduction
        Sides of the finest level divided by those of this one.
    """

    width: int
    height: int
    reduction: int


def working_size(
    width: int, height: int, scale: float, *, parameters: PyramidParameters = PyramidParameters()
) -> tuple[int, int]:
    """Scale a width and a height, and round them so that many pictures share a size.

    Examples
    --------
    >>> working_size(640, 427, 400 / 640)
    (400, 272)
    """

    def side(length: int) -> int:
        multiple = parameters.side_multiple
        return max(parameters.min_side, round(length * scale / multiple) * multiple)

    return side(width), side(height)


def pyramid_levels(
    width: int, height: int, *, parameters: PyramidParameters = PyramidParameters()
) -> list[Level]:
    """List the levels from the coarsest to the finest; each doubles the sides of the one before.

    Examples
    --------
    >>> [(level.width, level.height, level.reduction) for level in pyramid_levels(320, 208)]
    [(160, 104, 2), (320, 208, 1)]
    """
    levels = [Level(width, height, 1)]
    while min(levels[-1].width, levels[-1].height) >= 2 * parameters.min_coarse_side:
        last = levels[-1]
        levels.append(Level(last.width // 2, last.height // 2, 2 * last.reduction))
    return levels[::-1]


def coarse_to_fine(
    levels: Sequence[Level], start: Pixels, solve: Callable[[Level, Pixels], Pixels]
) -> Pixels:
    """Solve every level, starting from the enlarged result of the level before.

    Parameters
    ----------
    levels
        From the coarsest to the finest.
    start
        The change to start from at the coarsest level, (height, width, 3) float32 of any size.
    solve
        Takes a level and the change to start from, and returns a better change; both
        (height, width, 3) float32 of the level's size.

    Returns
    -------
    numpy.ndarray
        The change found at the finest level, (height, width, 3) float32.
    """
    change = start
    for level in levels:
        change = solve(level, resize(change, level.width, level.height))
    return change
