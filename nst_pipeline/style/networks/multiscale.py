"""Solve a style transfer coarse to fine, with VGG at every level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.objective import (
    StyleStatistics,
    TransferLoss,
    build_transfer_loss,
    measure_style,
    objective_for,
)
from nst_pipeline.style.networks.vgg import Vgg
from nst_pipeline.style.optimize.color_start import match_colors
from nst_pipeline.style.optimize.descent import adam, classic_sgd
from nst_pipeline.style.optimize.lbfgs import lbfgs
from nst_pipeline.style.optimize.precision import Precision, resolve_precision
from nst_pipeline.style.optimize.problem import TransferParameters, TransferProblem
from nst_pipeline.style.optimize.progress import ProgressCallback, level_callback
from nst_pipeline.style.optimize.pyramid import (
    Level,
    coarse_to_fine,
    pyramid_levels,
    working_size,
)
from nst_pipeline.style.optimize.search import (
    PIXEL_RANGE,
    LossAndGradient,
    OnStep,
    Pixels,
    SearchResult,
    SearchSpace,
    StoppingCriteria,
)

_Optimizer = Callable[[LossAndGradient, SearchSpace, StoppingCriteria, OnStep], SearchResult]
_OPTIMIZERS: Mapping[str, _Optimizer] = {"lbfgs": lbfgs, "adam": adam, "classic": classic_sgd}
"""By the name in `Vgg19Settings.optimizer`."""


@dataclass(frozen=True, eq=False)
class MultiscaleTransfer:
    """A transfer problem at the finest working size, to be solved at every level of a pyramid."""

    problem: TransferProblem
    vgg: Vgg
    settings: Vgg19Settings
    parameters: TransferParameters
    _styles: dict[Level, StyleStatistics] = field(default_factory=dict, init=False)

    @property
    def finest(self) -> Level:
        """The level of the working size."""
        height, width = self.problem.content.shape[:2]
        return Level(width, height, 1)

    def at(self, level: Level) -> TransferProblem:
        """Return the problem at the size of a level."""
        height, width = (max(1, side // level.reduction) for side in self.problem.style.shape[:2])
        return self.problem.resized((level.width, level.height), working_size(width, height, 1.0))

    def style(self, level: Level) -> StyleStatistics:
        """Measure the style's statistics, in float32 and once per level; all losses share them."""
        if level not in self._styles:
            exact = objective_for(self.vgg, self.settings, "float32")
            self._styles[level] = measure_style(exact, self.at(level))
        return self._styles[level]

    def loss(self, level: Level, precision: Precision) -> TransferLoss:
        """Return the loss of pictures at the size of a level."""
        return build_transfer_loss(
            objective_for(self.vgg, self.settings, precision),
            self.at(level),
            self.style(level),
            self.settings,
            reduction=level.reduction,
        )

    def space(self, level: Level, change: Pixels) -> SearchSpace:
        """Return the search space of a level, starting from the content plus a change."""
        problem = self.at(level)
        content = np.asarray(problem.content, np.float32)
        space = SearchSpace(content, problem.mask[..., np.newaxis], self.settings.luminance_only)
        return replace(space, start=space.start + space.project(change))

    def first_change(self) -> Pixels:
        """Return the change that the search starts from, at the finest level.

        For the balanced artistic losses it gives the content the style's colors, without which a
        search spends most of its steps on them. All other searches start from the content.
        """
        content = np.asarray(self.problem.content, np.float32)
        settings = self.settings
        if settings.mode != "artistic" or settings.losses != "balanced":
            return np.zeros_like(content)
        change = match_colors(self.problem) - content
        if settings.luminance_only:
            return np.repeat(change.mean(-1, keepdims=True), 3, axis=-1)
        return change

    def final_loss(self, change: Pixels) -> float:
        """Compute the float32 loss of the content plus a change, at the finest level."""
        picture = np.clip(self.space(self.finest, change).start, *PIXEL_RANGE)
        return self.loss(self.finest, "float32").value(picture)

    def solve(
        self, goal: float, on_progress: ProgressCallback | None
    ) -> tuple[Pixels, Sequence[SearchResult]]:
        """Search at every level.

        Parameters
        ----------
        goal
            A level ends when its loss is at most this.
        on_progress
            Called after every step.

        Returns
        -------
        change
            (height, width, 3) float32, at the finest level.
        results
            One for each level, from the coarsest to the finest.
        """
        settings, finest, results = self.settings, self.finest, list[SearchResult]()
        is_single = settings.optimizer == "classic"
        levels = [finest] if is_single else pyramid_levels(finest.width, finest.height)
        precision = resolve_precision(settings.precision)
        coarse_flat_gain = max(settings.flat_gain, self.parameters.coarse_flat_gain)
        search = _OPTIMIZERS[settings.optimizer]

        def solve_level(level: Level, change: Pixels) -> Pixels:
            flat_gain = settings.flat_gain if level == finest else coarse_flat_gain
            result = search(
                self.loss(level, precision).evaluate,
                self.space(level, change),
                StoppingCriteria(settings.steps, flat_gain, goal),
                level_callback(levels, level, settings.steps, on_progress),
            )
            results.append(result)
            return change + result.change

        return coarse_to_fine(levels, self.first_change(), solve_level), results
