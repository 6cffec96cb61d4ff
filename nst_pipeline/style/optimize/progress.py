"""Report the progress of a coarse-to-fine search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nst_pipeline.style.optimize.pyramid import Level
from nst_pipeline.style.optimize.search import OnStep, Pixels


@dataclass(frozen=True)
class OptimizationStep:
    """One step of a coarse-to-fine search.

    Attributes
    ----------
    loss
        Loss after the step.
    fraction_done
        Finished fraction, 0 to 1, of the work that all levels can take.
    picture
        (height, width, 3) float32, RGB, 0..255, at the size of the level.
    """

    loss: float
    fraction_done: float
    picture: Pixels


ProgressCallback = Callable[[OptimizationStep], None]
"""Called after every step."""


def level_callback(
    levels: Sequence[Level], level: Level, steps: int, on_progress: ProgressCallback | None
) -> OnStep:
    """Return the callback for a level's search; a step's work grows with the picture's area.

    Parameters
    ----------
    levels
        All levels, from the coarsest to the finest.
    level
        The level that the callback is for.
    steps
        Maximum number of steps at each level.
    on_progress
        Called after each step; None: no reports.
    """
    work = [each.reduction**-2 for each in levels]
    done, each_step = sum(work[: levels.index(level)]), level.reduction**-2 / steps

    def on_step(loss: float, picture: Pixels) -> None:
        nonlocal done
        done += each_step
        if on_progress:
            on_progress(OptimizationStep(loss, min(1.0, done / sum(work)), picture))

    return on_step
