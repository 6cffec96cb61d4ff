"""Prepare pictures for the style networks by the recipes `left` and `right`, and apply results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import RecipeSettings
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.resize import fitted_size, resize, shrink_to_fit
from nst_pipeline.vision.shapes import Box, Rgb

LEFT_SIDE = 1024
RIGHT_SIDE = 256
_POOL = (3, 3)
_SURROUNDINGS_REACH = 0.5
"""Fraction of the object's longer side, so that surroundings and object have similar areas."""

Tensor = NDArray[np.float32]
"""Pictures as a network takes them, (n, height, width, 3) float32 RGB, 0..1; usually n = 1."""
Recipe = Literal["left", "right"]


@dataclass(frozen=True)
class ModelInput:
    """A composite and a style picture, prepared by a recipe.

    Attributes
    ----------
    content, style
        (1, height, width, 3) float32, RGB, 0..1.
    window
        The part of the composite that the content shows, in the composite's pixels; it may reach
        past the edges.
    low, high
        The composite's values, 0..255, that were mapped to 0 and 1.
    """

    content: Tensor
    style: Tensor
    window: Box
    low: float
    high: float


def _extremes(picture: NDArray[Any]) -> tuple[np.float32, np.float32]:
    return np.float32(picture.min()), np.float32(picture.max())


def min_max_normalize(
    picture: NDArray[Any], *, extremes: tuple[np.float32, np.float32] | None = None
) -> NDArray[np.float32]:
    """Map the values of all channels together to float32 0..1; a flat picture becomes 0.

    Parameters
    ----------
    picture
        Of any shape and dtype.
    extremes
        The values that are mapped to 0 and 1; by default the picture's minimum and maximum.

    Returns
    -------
    numpy.ndarray
        float32, of the picture's shape; outside 0..1 for values beyond the given extremes.

    Examples
    --------
    >>> import numpy as np
    >>> min_max_normalize(np.array([[50, 100], [150, 250]], np.uint8)).tolist()
    [[0.0, 0.25], [0.5, 1.0]]
    """
    low, high = extremes or _extremes(picture)
    return np.asarray((picture.astype(np.float32) - low) / (high - low or np.float32(1)))


def square_around(box: Box, width: int, height: int) -> Box:
    """Return the square around a box's center whose side is the box's longer side.

    Near an edge of the picture, the square is moved inside. If the picture is smaller than the
    square, the square is centered on the picture and reaches past both edges.

    Parameters
    ----------
    box
        In pixels; parts outside the picture are ignored.
    width, height
        Size of the picture, pixels.

    Examples
    --------
    >>> square_around(Box(10, 40, 20, 60), 100, 100)
    Box(x=0, y=40, width=60, height=60)
    """
    box = box.clipped(width, height)
    side = max(box.width, box.height, 1)

    def start(first: int, length: int, available: int) -> int:
        if side > available:
            return (available - side) // 2
        return min(max(first + (length - side) // 2, 0), available - side)

    return Box(start(box.x, box.width, width), start(box.y, box.height, height), side, side)


def _crop(picture: Rgb, square: Box) -> Rgb:
    """Crop a square, mirroring the picture where the square reaches past it."""
    height, width = picture.shape[:2]
    inside = square.clipped(width, height)
    rows = inside.y - square.y, square.bottom - inside.bottom
    columns = inside.x - square.x, square.right - inside.right
    return np.asarray(np.pad(picture[inside.slices], (rows, columns, (0, 0)), mode="symmetric"))


def _tensor(part: Rgb, picture: Rgb, width: int, height: int) -> Tensor:
    """Resize a part of a picture and normalize it like the whole; the order does not matter."""
    small = resize(part.astype(np.float32), width, height)
    normalized = min_max_normalize(small, extremes=_extremes(picture))
    return np.asarray(np.clip(normalized, 0, 1)[np.newaxis])


def preprocess_left(picture: Rgb, *, side: int = LEFT_SIDE) -> Tensor:
    """Apply recipe `left`: normalize by minimum and maximum, resize to a longest side.

    Parameters
    ----------
    picture
        (height, width, 3) uint8, RGB.
    side
        Longest side of the result, pixels.

    Returns
    -------
    numpy.ndarray
        (1, rows, columns, 3) float32, 0..1.
    """
    return _tensor(picture, picture, *fitted_size(picture, side))


def preprocess_right(picture: Rgb, box: Box, *, side: int = RIGHT_SIDE) -> Tensor:
    """Apply recipe `right`: normalize by minimum and maximum, crop a square, resize it.

    The minimum and maximum are those of the whole picture.

    Parameters
    ----------
    picture
        (height, width, 3) uint8, RGB.
    box
        The object; see `square_around` for boxes at an edge.
    side
        Side of the result, pixels.

    Returns
    -------
    numpy.ndarray
        (1, side, side, 3) float32, 0..1.
    """
    square = square_around(box, picture.shape[1], picture.shape[0])
    return _tensor(_crop(picture, square), picture, side, side)


def average_pool(pictures: Tensor) -> Tensor:
    """Average over 3 x 3 pixels at stride 1; at the edges, over the pixels that exist.

    Takes and returns (n, height, width, 3) float32.
    """

    def sums(picture: NDArray[np.float32]) -> NDArray[np.float32]:
        edges = cv2.BORDER_CONSTANT
        total = cv2.boxFilter(picture, -1, _POOL, normalize=False, borderType=edges)
        return total.astype(np.float32, copy=False)

    count = sums(np.ones_like(pictures[0]))
    return np.stack([sums(picture) / count for picture in pictures])


def preprocess_right_style(
    picture: Rgb, box: Box | None = None, *, side: int = RIGHT_SIDE
) -> Tensor:
    """Apply recipe `right` to a style picture: `preprocess_right`, then `average_pool`.

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB.
    box
        As in `preprocess_right`; without a box, the largest centered square is cropped.
    side
        Side of the result, pixels.

    Returns
    -------
    numpy.ndarray
        (1, side, side, 3) float32, 0..1.
    """
    height, width = picture.shape[:2]
    shorter = min(width, height)
    middle = Box((width - shorter) // 2, (height - shorter) // 2, shorter, shorter)
    return average_pool(preprocess_right(picture, box or middle, side=side))


def crop_surroundings(scene: Rgb, box: Box) -> Rgb:
    """Crop a scene, (height, width, 3) uint8 RGB, to a box and its surroundings.

    They reach half the box's longer side on all sides. The crop is the style picture of `ring` for
    networks that take a rectangle instead of a mask.
    """
    reach = round(_SURROUNDINGS_REACH * max(box.width, box.height))
    return scene[box.expanded(reach).clipped(scene.shape[1], scene.shape[0]).slices]


def prepare_model_inputs(
    composite: Rgb,
    box: Box,
    style: Rgb,
    settings: RecipeSettings,
    *,
    style_box: Box | None = None,
) -> dict[Recipe, ModelInput]:
    """Prepare the content and style of both recipes.

    Parameters
    ----------
    composite
        (height, width, 3) uint8, RGB.
    box
        The object in the composite.
    style
        The style picture, (height, width, 3) uint8 RGB, of any size: the result of
        `crop_surroundings`, the scene, the composite, or a file.
    settings
        The recipes' sizes.
    style_box
        The object in the style picture, if that is the composite.

    Returns
    -------
    dict of str to ModelInput
        The inputs by recipe.
    """
    height, width = composite.shape[:2]
    low, high = map(float, _extremes(composite))
    left_side, right_side = settings.left_side, settings.right_side
    return {
        "left": ModelInput(
            preprocess_left(composite, side=left_side),
            preprocess_left(style, side=left_side),
            Box(0, 0, width, height),
            low,
            high,
        ),
        "right": ModelInput(
            preprocess_right(composite, box, side=right_side),
            preprocess_right_style(style, style_box, side=right_side),
            square_around(box, width, height),
            low,
            high,
        ),
    }


def shrink_input(source: ModelInput, picture: Rgb, side: int) -> tuple[ModelInput, Rgb]:
    """Shrink a picture, and the window of the input made from it, to a longest side.

    Use it before `apply_result` if only the low frequencies of a change matter. A picture that is
    small enough stays as it is.

    Parameters
    ----------
    source
        The input; only its window changes.
    picture
        (height, width, 3) uint8, RGB: the full picture that the input was made from.
    side
        Longest side, pixels.

    Returns
    -------
    tuple of ModelInput and Rgb
        The input with its window in the small picture, and that picture.
    """
    small, window = shrink_to_fit(picture, side), source.window
    scale = max(small.shape) / max(picture.shape)
    x, y, right, bottom = (
        round(edge * scale) for edge in (window.x, window.y, window.right, window.bottom)
    )
    return replace(source, window=Box(x, y, max(right - x, 1), max(bottom - y, 1))), small


def apply_result(result: NDArray[np.float32], source: ModelInput, picture: Rgb) -> Rgb:
    """Apply a network's change of a recipe's content to the full picture.

    The change, result - content, is resized to the window and added. The picture thus keeps its
    detail, and a result equal to the content changes no pixel. The whole window changes: blend the
    result by the object's matte to keep the background.

    Parameters
    ----------
    result
        (height, width, 3) float32, 0..1, of the content's size.
    source
        The input that the network was given.
    picture
        (height, width, 3) uint8, RGB: the full picture that the input was made from.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8, RGB.
    """
    window = source.window
    change = (result - source.content[0]) * np.float32(source.high - source.low)
    change = resize(change, window.width, window.height)
    inside = window.clipped(picture.shape[1], picture.shape[0])
    shifted = Box(inside.x - window.x, inside.y - window.y, inside.width, inside.height)
    applied = picture.copy()
    changed = picture[inside.slices] + change[shifted.slices]
    applied[inside.slices] = round_to_uint8(changed)
    return applied
