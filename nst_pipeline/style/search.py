"""What every optimizer is given and gives back: where to look, when to stop, what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""Picture, or change of one, (height, width, 3), RGB, 0 to 255 or differences of it."""
LossAndGradient = Callable[[Pixels], tuple[float, Pixels]]
Stopped = Literal["steps", "flat", "goal"]
Told = Callable[[float, Pixels], None]
"""Told after every step: loss and picture."""

LEVELS = (0.0, 255.0)
_FLAT_STEPS = 5  # a single step may be short by chance


@dataclass(frozen=True)
class Canvas:
    """The pictures that may be reached from a start.

    `share` is (height, width, 1), 0 where nothing may change to 1 where all may. With
    `luminance_only` the three colors change alike.
    """

    start: Pixels
    share: NDArray[np.float32]
    luminance_only: bool = False

    def allowed(self, change: Pixels) -> Pixels:
        """The part of a change, or of a gradient, that counts; a symmetric projection."""
        if self.luminance_only:
            change = np.broadcast_to(change.mean(-1, keepdims=True), change.shape)
        return np.asarray(change * self.share, np.float32)

    def picture(self, change: Pixels) -> Pixels:
        """The start with the allowed part of a change, from black to white."""
        return np.asarray(np.clip(self.start + self.allowed(change), *LEVELS), np.float32)

    def gradient(self, change: Pixels, gradient: Pixels) -> Pixels:
        """The picture's gradient as the change's: nothing pushes beyond black and white."""
        reached = self.start + self.allowed(change)
        beyond = ((reached < LEVELS[0]) & (gradient > 0)) | ((reached > LEVELS[1]) & (gradient < 0))
        return self.allowed(np.where(beyond, np.float32(0), gradient))


@dataclass(frozen=True)
class Limits:
    """When a search ends.

    After `steps`; when five steps have lowered the loss by less than the share `flat_gain`; when
    the loss is at most `goal`.
    """

    steps: int
    flat_gain: float = 0.0
    goal: float = -np.inf


@dataclass(frozen=True)
class Minimum:
    """Where a search ended. `losses` holds the start's loss and one more for every step."""

    change: Pixels
    losses: list[float]
    evaluations: int
    stopped: Stopped


@dataclass
class Watch:
    """Follows a search from step to step and says when it has ended."""

    limits: Limits
    told: Told
    losses: list[float] = field(default_factory=list)

    def step(self, loss: float, picture: Pixels) -> None:
        """Take note of a step's result."""
        self.losses.append(loss)
        self.told(loss, picture)

    def ended(self) -> Stopped | None:
        """Why to stop now, or None."""
        if self.losses[-1] <= self.limits.goal:
            return "goal"
        if self._is_flat():
            return "flat"
        return "steps" if len(self.losses) > self.limits.steps else None

    def _is_flat(self) -> bool:
        if len(self.losses) <= _FLAT_STEPS:
            return False
        before, now = self.losses[-1 - _FLAT_STEPS], self.losses[-1]
        return before - now < self.limits.flat_gain * abs(before)
