"""Change a picture until VGG19 finds its content in the style of another picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.optimize.problem import (
    Slices,
    TransferParameters,
    crop_problem,
    full_mask,
    mask_or_full,
)
from nst_pipeline.style.optimize.progress import ProgressCallback
from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb

if TYPE_CHECKING:
    from nst_pipeline.style.networks.multiscale import MultiscaleTransfer
    from nst_pipeline.style.networks.vgg19 import Vgg19


@dataclass(frozen=True)
class Vgg19Result:
    """The stylized picture, and how the search went.

    Attributes
    ----------
    image
        (height, width, 3) uint8, RGB, of the start's size.
    losses
        The loss at the start of each level and after each of its steps, coarse to fine.
    loss
        Of the result, computed in float32 whatever precision the search used.
    evaluations
        How often the loss and its gradient were computed.
    stop_reason
        Why the last level ended: `steps` were used up, the loss was `flat`, it had reached the
        `goal`, or there was `nothing` to do.
    """

    image: Rgb
    losses: list[float]
    loss: float
    evaluations: int
    stop_reason: Literal["steps", "flat", "goal", "nothing"]


def _set_up(
    start: Rgb,
    mask: Matte,
    style: Rgb,
    style_mask: Matte,
    vgg: Vgg19,
    settings: Vgg19Settings,
    parameters: TransferParameters,
) -> tuple[Slices, MultiscaleTransfer]:
    from nst_pipeline.style.networks.multiscale import MultiscaleTransfer

    crop, problem = crop_problem(
        start, mask, style, style_mask, side=settings.side, parameters=parameters
    )
    return crop, MultiscaleTransfer(problem, vgg, settings, parameters)


def vgg19_loss(
    picture: NDArray[np.number[Any]],
    start: Rgb,
    style: Rgb,
    vgg: Vgg19,
    settings: Vgg19Settings,
    *,
    start_mask: Matte | None = None,
    style_mask: Matte | None = None,
    parameters: TransferParameters = TransferParameters(),
) -> float:
    """Compute the float32 loss of any picture, as `stylize_vgg19` would with the same arguments.

    Parameters
    ----------
    picture
        (height, width, 3), RGB 0..255, of the start's size.
    start, style, vgg, settings, start_mask, style_mask, parameters
        As in `stylize_vgg19`.
    """
    mask, style_mask = mask_or_full(start_mask, start), mask_or_full(style_mask, style)
    crop, transfer = _set_up(start, mask, style, style_mask, vgg, settings, parameters)
    finest = transfer.finest
    small = resize(picture[crop].astype(np.float32), finest.width, finest.height)
    return transfer.loss(finest, "float32").value(small)


def _apply_change(start: Rgb, mask: Matte, change: Pixels) -> Rgb:
    """Enlarge a change to the start's size and add it within the mask."""
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
    on_progress: ProgressCallback | None = None,
    parameters: TransferParameters = TransferParameters(),
) -> Vgg19Result:
    """Change a picture toward the style of another while keeping its content.

    The pixels, or a crop around the region, are optimized from coarse to fine at a longest side of
    at most `settings.side`. The change is then enlarged and added to the original.

    Parameters
    ----------
    start
        (height, width, 3) uint8, RGB: where the search begins, and the content.
    style
        uint8, RGB, of any size, such as the scene without the sticker. If style and mask are the
        start's own, there is nothing to do.
    vgg
        The network, from `load_vgg19`.
    settings
        Optimizer, mode, weights of the losses, layers, steps and size.
    start_mask, style_mask
        (height, width) float32, 0..1: the pixels that change and count, and the region of the
        style picture, such as the ring. None, or an empty `style_mask`: all.
    goal
        A level of the search ends when its loss is at most this.
    on_progress
        Called after every step.
    parameters
        Crop, reduction and search.

    Raises
    ------
    SettingError
        VGG19 has no layer of a name in the settings.

    References
    ----------
    Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016.
    """
    mask = full_mask(start) if start_mask is None else start_mask
    style_mask = mask_or_full(style_mask, style)
    is_in_style = np.array_equal(start, style) and np.array_equal(mask, style_mask)
    if is_in_style or not mask.any():
        return Vgg19Result(start.copy(), [], 0.0, 0, "nothing")
    crop, transfer = _set_up(start, mask, style, style_mask, vgg, settings, parameters)
    change, results = transfer.solve(goal, on_progress)
    image = start.copy()
    image[crop] = _apply_change(start[crop], mask[crop], change)
    return Vgg19Result(
        image,
        [loss for result in results for loss in result.losses],
        transfer.final_loss(change),
        sum(result.evaluations for result in results),
        results[-1].stop_reason,
    )
