"""The types that all optimizers share: search space, stopping criteria, monitor and result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""Picture or change of a picture, (height, width, 3) float32 RGB, in units of 0 to 255."""
LossAndGradient = Callable[[Pixels], tuple[float, Pixels]]
"""Computes the loss of a picture and its gradient with respect to the pixels."""
OnStep = Callable[[float, Pixels], None]
"""Called after every step with the loss and the picture."""
StopReason = Literal["steps", "flat", "goal"]

PIXEL_RANGE = (0.0, 255.0)
"""Black and white."""


@dataclass(frozen=True)
class SearchSpace:
    """The pictures that a search may reach from its start.

    Attributes
    ----------
    start
        (height, width, 3) float32, RGB, 0 to 255.
    mask
        (height, width, 1) float32: 0 where nothing may change, 1 where everything may.
    luminance_only
        Whether the three channels change by the same amount.
    """

    start: Pixels
    mask: NDArray[np.float32]
    luminance_only: bool = False

    def project(self, change: Pixels) -> Pixels:
        """Restrict a change or a gradient to the changes allowed, by a symmetric matrix."""
        if self.luminance_only:
            change = np.broadcast_to(change.mean(-1, keepdims=True), change.shape)
        return np.asarray(change * self.mask, np.float32)

    def picture(self, change: Pixels) -> Pixels:
        """Add the allowed part of a change to the start, and clip to black and white."""
        return np.asarray(np.clip(self.start + self.project(change), *PIXEL_RANGE), np.float32)

    def gradient(self, change: Pixels, gradient: Pixels) -> Pixels:
        """Convert the gradient at `picture(change)` to the gradient with respect to `change`.

        It is 0 where it would push a clipped pixel further beyond black or white.
        """
        reached = self.start + self.project(change)
        black, white = PIXEL_RANGE
        beyond = ((reached < black) & (gradient > 0)) | ((reached > white) & (gradient < 0))
        return self.project(np.where(beyond, np.float32(0), gradient))


@dataclass(frozen=True)
class StoppingCriteria:
    """A search stops at the first criterion that is met.

    Attributes
    ----------
    max_steps
        Stop after this many steps.
    flat_gain
        Stop when the last `flat_steps` steps have lowered the loss by less than this fraction.
    goal
        Stop when the loss is at most this.
    flat_steps
        Number of steps; more than one, because a single step may be short by chance.
    """

    max_steps: int
    flat_gain: float = 0.0
    goal: float = -np.inf
    flat_steps: int = 5


@dataclass(frozen=True)
class SearchResult:
    """The result of a search.

    Attributes
    ----------
    change
        (height, width, 3) float32, to add to the start of the search space.
    losses
        The loss at the start, and after every step.
    evaluations
        Number of times that the loss and its gradient were computed.
    stop_reason
        The criterion that was met.
    """

    change: Pixels
    losses: list[float]
    evaluations: int
    stop_reason: StopReason


@dataclass
class SearchMonitor:
    """Records the loss of every step and applies the stopping criteria."""

    criteria: StoppingCriteria
    on_step: OnStep
    losses: list[float] = field(default_factory=list)

    def record(self, loss: float, picture: Pixels) -> None:
        """Record the result of a step and report it."""
        self.losses.append(loss)
        self.on_step(loss, picture)

    def stop_reason(self) -> StopReason | None:
        """Return the criterion that is met, or None to continue."""
        if self.losses[-1] <= self.criteria.goal:
            return "goal"
        if self._is_flat():
            return "flat"
        return "steps" if len(self.losses) > self.criteria.max_steps else None

    def _is_flat(self) -> bool:
        steps = self.criteria.flat_steps
        if len(self.losses) <= steps:
            return False
        before, now = self.losses[-1 - steps], self.losses[-1]
        return before - now < self.criteria.flat_gain * abs(before)
