"""Pixel optimization: a picture is changed until VGG19 sees its content in another's style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.descent import adam, classic
from nst_pipeline.style.lbfgs import lbfgs
from nst_pipeline.style.objective import Look, Task, TaskLoss, look_of, objective_of, task_loss
from nst_pipeline.style.precision import Precision, resolved_precision
from nst_pipeline.style.pyramid import Level, coarse_to_fine, levels, working_size
from nst_pipeline.style.search import LEVELS, Canvas, Limits, Minimum, Pixels, Told
from nst_pipeline.style.vgg19 import Vgg19
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb

_OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam, "classic": classic}
_MARGIN = 0.1
"""Of a region's longer side: what is looked at around it, so that its edge is seen in context."""
_COARSE_FLAT_GAIN = 0.05
"""A coarse level ends when five steps gain less: what it finds is a start, and no result."""
_STYLE_SIDES = 2
"""How much larger than `side` the style of a region may be: it is looked at once a level."""


@dataclass(frozen=True)
class Step:
    """A step of the search, for whoever watches.

    `share_done` is of all the work there is at most, 0 to 1; `picture` is (height, width, 3)
    float32, 0..255, of the size worked at.
    """

    loss: float
    share_done: float
    picture: Pixels


Progress = Callable[[Step], None]


@dataclass(frozen=True)
class Vgg19Result:
    """The stylized picture and its loss curve: every level's start and steps, coarse to fine.

    `loss` is the result's, computed in float32 whatever the search used. `stopped` tells why the
    last level ended: `steps` were used up, the loss was `flat`, it had reached the `goal`, or
    there was `nothing` to do.
    """

    image: Rgb
    losses: list[float]
    loss: float
    evaluations: int
    stopped: Literal["steps", "flat", "goal", "nothing"]


@dataclass(frozen=True, eq=False)
class _Problem:
    """A task at the finest size worked at, to be looked at on every level."""

    task: Task
    vgg: Vgg19
    settings: Vgg19Settings
    looks: dict[Level, Look] = field(default_factory=dict)

    def sized(self, level: Level) -> Task:
        height, width = (max(1, side // level.reduction) for side in self.task.style.shape[:2])
        return self.task.sized((level.width, level.height), working_size(width, height, 1.0))

    def look(self, level: Level) -> Look:
        """The style's statistics, measured once, in float32, for searching and checking."""
        if level not in self.looks:
            exact = objective_of(self.vgg, self.settings, "float32")
            self.looks[level] = look_of(exact, self.sized(level))
        return self.looks[level]

    def loss(self, level: Level, precision: Precision) -> TaskLoss:
        return task_loss(
            objective_of(self.vgg, self.settings, precision),
            self.sized(level),
            self.look(level),
            self.settings,
            reduction=level.reduction,
        )

    def canvas(self, level: Level, change: Pixels) -> Canvas:
        """What may change, starting from the content with a change of it."""
        task = self.sized(level)
        content = np.asarray(task.content, np.float32)
        free = Canvas(content, task.mask[..., np.newaxis], self.settings.luminance_only)
        return replace(free, start=free.start + free.allowed(change))


def _telling(sizes: list[Level], level: Level, steps: int, progress: Progress | None) -> Told:
    """Tell of a level's steps as shares of all the work, which grows with the picture's area."""
    work = [each.reduction**-2 for each in sizes]
    done, each_step = sum(work[: sizes.index(level)]), level.reduction**-2 / steps

    def told(loss: float, picture: Pixels) -> None:
        nonlocal done
        done += each_step
        if progress:
            progress(Step(loss, min(1.0, done / sum(work)), picture))

    return told


def _search(
    problem: _Problem, goal: float, progress: Progress | None
) -> tuple[Pixels, list[Minimum]]:
    """The change found, at the finest size, and how every level went."""
    settings, found = problem.settings, list[Minimum]()
    height, width = problem.task.content.shape[:2]
    finest = Level(width, height, 1)
    sizes = [finest] if settings.optimizer == "classic" else levels(width, height)
    precision = resolved_precision(settings.precision)
    coarse = max(settings.flat_gain, _COARSE_FLAT_GAIN)

    def solve(level: Level, change: Pixels) -> Pixels:
        found.append(
            _OPTIMIZERS[settings.optimizer](
                problem.loss(level, precision).evaluate,
                problem.canvas(level, change),
                Limits(settings.steps, settings.flat_gain if level == finest else coarse, goal),
                _telling(sizes, level, settings.steps, progress),
            )
        )
        return change + found[-1].change

    return coarse_to_fine(sizes, solve), found


def _all_or(mask: Matte | None, picture: Rgb) -> Matte:
    return np.ones(picture.shape[:2], np.float32) if mask is None or not mask.any() else mask


def _problem(
    start: Rgb,
    start_mask: Matte | None,
    style: Rgb,
    style_mask: Matte | None,
    vgg: Vgg19,
    settings: Vgg19Settings,
) -> tuple[tuple[slice, slice], _Problem]:
    """The part of the start to work on, and content and style reduced to what is worked at.

    A region's surroundings are seen at the region's own scale, or their texture would be another.
    """
    mask, look_mask = _all_or(start_mask, start), _all_or(style_mask, style)
    part = object_box(mask, _MARGIN).slices
    (height, width), (rows, columns) = mask[part].shape, look_mask.shape
    scale = min(1.0, settings.side / max(height, width))
    alike, sides = (1.0, 1) if mask.all() else (scale, _STYLE_SIDES)
    style_scale = min(alike, sides * settings.side / max(rows, columns))
    task = Task(start[part], mask[part], style, look_mask).sized(
        working_size(width, height, scale), working_size(columns, rows, style_scale)
    )
    return part, _Problem(task, vgg, settings)


def loss_of(
    picture: NDArray[np.number[Any]],
    start: Rgb,
    style: Rgb,
    vgg: Vgg19,
    settings: Vgg19Settings,
    *,
    start_mask: Matte | None = None,
    style_mask: Matte | None = None,
) -> float:
    """The float32 loss that `stylize_vgg19` would see in a picture, with the same arguments.

    Args:
        picture: (height, width, 3), RGB 0..255, of the start's size; whoever made it.
        start: see `stylize_vgg19`, as for the others.
        style: uint8, RGB.
        vgg: the network.
        settings: weights of the losses, layers and size.
        start_mask: None: all.
        style_mask: None: all.
    """
    part, problem = _problem(start, start_mask, style, style_mask, vgg, settings)
    height, width = problem.task.content.shape[:2]
    seen = resize(picture[part].astype(np.float32), width, height)
    return problem.loss(Level(width, height, 1), "float32").loss(seen)


def _carried_up(start: Rgb, mask: Matte, change: Pixels) -> Rgb:
    """The start picture with the change at its own resolution, within the mask."""
    height, width = start.shape[:2]
    changed = start + mask[..., np.newaxis] * resize(change, width, height)
    return round_to_uint8(changed)


def stylize_vgg19(
    start: Rgb,
    style: Rgb,
    vgg: Vgg19,
    settings: Vgg19Settings,
    *,
    start_mask: Matte | None = None,
    style_mask: Matte | None = None,
    goal: float = -np.inf,
    progress: Progress | None = None,
) -> Vgg19Result:
    """Change `start` toward the look of `style`, keeping its content.

    Gatys et al., Image style transfer using convolutional neural networks, 2016. It is optimized
    coarse to fine, at `settings.side` at most; the change is then enlarged and added to a larger
    picture. Of a region only a crop around it is worked on.

    Args:
        start: (height, width, 3) uint8, RGB; where the search begins, and the content.
        style: uint8, RGB, of any size: the scene without the sticker, say. The start picture
            itself, with the same mask, leaves nothing to do.
        vgg: the network.
        settings: optimizer, mode, weights of the losses, layers, steps and size.
        start_mask: (height, width), 0..1; only these pixels change and count. None: all.
        style_mask: the style's region, such as the ring. None, or nothing in it: all.
        goal: a level of the search ends once its loss is at most this.
        progress: told after every step.

    Raises:
        SettingError: VGG19 has no layer of a name in the settings.
    """
    mask = np.ones(start.shape[:2], np.float32) if start_mask is None else start_mask
    in_style = np.array_equal(start, style) and np.array_equal(mask, _all_or(style_mask, style))
    if in_style or not mask.any():
        return Vgg19Result(start.copy(), [], 0.0, 0, "nothing")
    part, problem = _problem(start, mask, style, style_mask, vgg, settings)
    change, found = _search(problem, goal, progress)
    finest = Level(change.shape[1], change.shape[0], 1)
    picture = np.clip(problem.canvas(finest, change).start, *LEVELS)
    image = start.copy()
    image[part] = _carried_up(start[part], mask[part], change)
    return Vgg19Result(
        image,
        [loss for each in found for loss in each.losses],
        problem.loss(finest, "float32").loss(picture),
        sum(each.evaluations for each in found),
        found[-1].stopped,
    )
