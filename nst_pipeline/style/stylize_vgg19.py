"""Stylize a picture by optimizing its pixels over the features of VGG.

References
----------
Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016.
"""

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
    from nst_pipeline.style.networks.vgg import Vgg


@dataclass(frozen=True)
class Vgg19Result:
    """A stylized picture, with figures about the search.

    Attributes
    ----------
    image
        (height, width, 3) uint8, RGB, of the start's size.
    losses
        The loss at the start of each level and after each of its steps, coarse to fine.
    loss
        Loss of the result, always computed in float32.
    evaluations
        Number of times that the loss and its gradient were computed.
    stop_reason
        Why the last level ended: it had taken all `steps`, the loss was `flat` or had reached the
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
    vgg: Vgg,
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
    vgg: Vgg,
    settings: Vgg19Settings,
    *,
    start_mask: Matte | None = None,
    style_mask: Matte | None = None,
    parameters: TransferParameters = TransferParameters(),
) -> float:
    """Compute the float32 loss that `stylize_vgg19` would minimize, for any picture.

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
    vgg: Vgg,
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
        (height, width, 3) uint8 RGB: the content, and start of the search; in artistic mode with
        balanced losses, it first gets the style's colors.
    style
        (height, width, 3) uint8 RGB, of any size, such as the scene without the sticker. If style
        and mask are those of the start, there is nothing to do.
    vgg
        The network, from `load_vgg`.
    settings
        Optimizer, mode, loss weights, layers, steps and size.
    start_mask, style_mask
        (height, width) float32, 0..1: the pixels that may change, and the region of the style
        picture, such as the ring. Everything if None, or if `style_mask` is empty.
    goal
        A level of the search ends when its loss is at most this.
    on_progress
        Called after every step.
    parameters
        Crop, reduction and search.

    Returns
    -------
    Vgg19Result
        The picture at the start's size; outside `start_mask` it keeps its bytes.

    Raises
    ------
    SettingError
        The network has no convolution of a name in the settings.
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
    losses = [loss for result in results for loss in result.losses]
    evaluations, reason = sum(result.evaluations for result in results), results[-1].stop_reason
    return Vgg19Result(image, losses, transfer.final_loss(change), evaluations, reason)
