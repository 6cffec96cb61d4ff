"""The recipes `left` and `right`: pictures as the style networks want them, and back again."""

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
_RING_REACH = 0.5  # of the object's longer side: ring and object then cover equal areas or so

Tensor = NDArray[np.float32]
"""Pictures as a network takes them, (1, height, width, 3), RGB, 0..1."""
Recipe = Literal["left", "right"]


@dataclass(frozen=True)
class ModelInput:
    """A recipe's pictures for the networks, and where the content came from.

    `window` is the part of the picture that the content shows (it may reach past the edges);
    `low` and `high` are the picture's values, 0..255, that became 0 and 1.
    """

    content: Tensor
    style: Tensor
    window: Box
    low: float
    high: float


def _extremes(picture: NDArray[Any]) -> tuple[np.float32, np.float32]:
    return np.float32(picture.min()), np.float32(picture.max())


def min_max_normalize(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Stretch all values, over all channels together, to float32 0..1; a flat picture is all 0."""
    low, high = _extremes(picture)
    return np.asarray((picture.astype(np.float32) - low) / (high - low or np.float32(1)))


def square_around(box: Box, width: int, height: int) -> Box:
    """The square with the box at its center and the box's longer side.

    Near an edge of the picture (`width`, `height`) it is moved inside. Where the picture is
    smaller than the square, the square is centered on the picture and reaches past both edges.
    """
    box = box.clipped(width, height)
    side = max(box.width, box.height, 1)

    def start(first: int, length: int, available: int) -> int:
        if side > available:
            return (available - side) // 2
        return min(max(first + (length - side) // 2, 0), available - side)

    return Box(start(box.x, box.width, width), start(box.y, box.height, height), side, side)


def _cut(picture: Rgb, square: Box) -> Rgb:
    """The square's pixels; where it reaches past the picture, the picture is mirrored."""
    height, width = picture.shape[:2]
    inside = square.clipped(width, height)
    rows = inside.y - square.y, square.bottom - inside.bottom
    columns = inside.x - square.x, square.right - inside.right
    return np.asarray(np.pad(picture[inside.slices], (rows, columns, (0, 0)), mode="symmetric"))


def _tensor(part: Rgb, picture: Rgb, width: int, height: int) -> Tensor:
    """Part of a picture, resized, and normalized like the whole: the order makes no difference."""
    small = resize(part.astype(np.float32), width, height)
    low, high = _extremes(picture)
    return np.asarray(np.clip((small - low) / (high - low or np.float32(1)), 0, 1)[np.newaxis])


def left(picture: Rgb, *, side: int = LEFT_SIDE) -> Tensor:
    """Recipe `left`: min-max normalized, resized to a longest side of `side`, 4-D."""
    return _tensor(picture, picture, *fitted_size(picture, side))


def right(picture: Rgb, box: Box, *, side: int = RIGHT_SIDE) -> Tensor:
    """Recipe `right`: min-max normalized, cut to the square around `box`, resized to `side`, 4-D.

    The normalization is that of the whole picture. See `square_around` for boxes at an edge.
    """
    square = square_around(box, picture.shape[1], picture.shape[0])
    return _tensor(_cut(picture, square), picture, side, side)


def average_pooled(pictures: Tensor) -> Tensor:
    """Average over 3 x 3 pixels at stride 1; at the edges over those pixels that exist."""

    def sums(picture: NDArray[np.float32]) -> NDArray[np.float32]:
        edges = cv2.BORDER_CONSTANT
        total = cv2.boxFilter(picture, -1, _POOL, normalize=False, borderType=edges)
        return total.astype(np.float32, copy=False)

    count = sums(np.ones_like(pictures[0]))
    return np.stack([sums(picture) / count for picture in pictures])


def right_style(picture: Rgb, box: Box | None = None, *, side: int = RIGHT_SIDE) -> Tensor:
    """Recipe `right` for a style picture: as the content, then average-pooled once more.

    Without a box, the style is the largest square in the picture's middle.
    """
    height, width = picture.shape[:2]
    shorter = min(width, height)
    middle = Box((width - shorter) // 2, (height - shorter) // 2, shorter, shorter)
    return average_pooled(right(picture, box or middle, side=side))


def surroundings(scene: Rgb, box: Box) -> Rgb:
    """The scene around an object: the box, wider on all sides by half its longer side.

    This is the style picture of `ring`, for networks that take a rectangle and no mask.
    """
    reach = round(_RING_REACH * max(box.width, box.height))
    return scene[box.widened(reach).clipped(scene.shape[1], scene.shape[0]).slices]


def model_inputs(
    composite: Rgb,
    box: Box,
    style: Rgb,
    settings: RecipeSettings,
    *,
    style_box: Box | None = None,
) -> dict[Recipe, ModelInput]:
    """Make both recipes' content and style.

    Args:
        composite: (height, width, 3) uint8, RGB.
        box: the object in the composite.
        style: the style picture, of any size: `surroundings`, the scene, the composite, a file.
        settings: the recipes' sizes.
        style_box: the object in the style picture, if that is the composite itself.
    """
    height, width = composite.shape[:2]
    low, high = map(float, _extremes(composite))
    sides = settings.left_side, settings.right_side
    return {
        "left": ModelInput(
            left(composite, side=sides[0]),
            left(style, side=sides[0]),
            Box(0, 0, width, height),
            low,
            high,
        ),
        "right": ModelInput(
            right(composite, box, side=sides[1]),
            right_style(style, style_box, side=sides[1]),
            square_around(box, width, height),
            low,
            high,
        ),
    }


def reduced(made_from: ModelInput, picture: Rgb, side: int) -> tuple[ModelInput, Rgb]:
    """The same for the picture at a longest side of `side` pixels; smaller ones as they are.

    For those who want the low frequencies of a change only.
    """
    small, window = shrink_to_fit(picture, side), made_from.window
    scale = max(small.shape) / max(picture.shape)
    x, y, right, bottom = (
        round(edge * scale) for edge in (window.x, window.y, window.right, window.bottom)
    )
    return replace(made_from, window=Box(x, y, max(right - x, 1), max(bottom - y, 1))), small


def carry_back(result: NDArray[np.float32], made_from: ModelInput, picture: Rgb) -> Rgb:
    """The picture with a network's change to a recipe's content applied at full resolution.

    The change, result - content, is resized to the window and added, so that the picture keeps
    its own detail, and a result equal to the content leaves every pixel as it was. All of the
    window changes: blend with the object's matte to leave the background alone.

    Args:
        result: (height, width, 3) float32, 0..1, of the content's size.
        made_from: the recipe's input that the network was given.
        picture: the full picture that the input was made from.
    """
    window = made_from.window
    change = (result - made_from.content[0]) * np.float32(made_from.high - made_from.low)
    change = resize(change, window.width, window.height)
    inside = window.clipped(picture.shape[1], picture.shape[0])
    shifted = Box(inside.x - window.x, inside.y - window.y, inside.width, inside.height)
    carried = picture.copy()
    changed = picture[inside.slices] + change[shifted.slices]
    carried[inside.slices] = round_to_uint8(changed)
    return carried
