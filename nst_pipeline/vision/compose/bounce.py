"""Light that the ground reflects onto the foot of an object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import DISPLAY_GAMMA, LUMINANCE
from nst_pipeline.vision.images.dtype import round_to_uint8, to_float
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Box, Rgb, Rgba


@dataclass(frozen=True)
class BounceParameters:
    """Where the ground's light comes from, and how far it reaches. Fractions of the height."""

    reach: float = 0.15
    """Height above the foot at which nothing is left of it."""
    ground: tuple[float, float] = (0.08, 0.12)
    """Ground above and below the foot's row whose color counts."""
    aside: float = 0.15
    """Of the width: ground to the left and right."""
    tint_range: tuple[float, float] = (0.5, 2.0)
    """Limits of the ground's color relative to gray: no ground, however vivid, paints an object."""
    least_pixels: int = 16
    """With less ground around the foot, its color is unknown."""


def _ground_tint(
    scene: Rgb, layer: Rgba, box: Box, parameters: BounceParameters
) -> NDArray[np.float64] | None:
    """Return the color of the ground at the foot relative to gray, (3,); None if unknown."""
    height, width = scene.shape[:2]
    above, below = (round(share * box.height) for share in parameters.ground)
    aside = round(parameters.aside * box.width)
    area = Box(box.x - aside, box.bottom - above, box.width + 2 * aside, above + below)
    area = area.clipped(width, height)
    clear = np.ones((area.height, area.width), np.bool_)
    rows, columns = max(0, box.y - area.y), max(0, box.x - area.x)
    covered = layer[max(0, area.y - box.y) :, max(0, area.x - box.x) :, 3] > 0
    part = clear[rows : rows + covered.shape[0], columns : columns + covered.shape[1]]
    part &= ~covered[: part.shape[0], : part.shape[1]]
    if np.count_nonzero(clear) < parameters.least_pixels:
        return None
    # Pebbles, leaves and lines on the road do not count in a median.
    color = np.median(scene[area.slices][clear], 0).astype(np.float64)
    linear = (np.maximum(color, 1) / 255) ** DISPLAY_GAMMA
    return np.asarray(np.clip(linear / (linear @ LUMINANCE), *parameters.tint_range))


def bounce_light(
    layer: Rgba,
    scene: Rgb,
    box: Box,
    strength: float,
    *,
    parameters: BounceParameters = BounceParameters(),
) -> Rgba:
    """Let the ground's color shine on the lowest part of an object.

    The light that reaches the foot is a mixture of the scene's light and of what the ground
    reflects. So the object's colors are multiplied, in linear light, by a tint that fades with the
    height. Luminance hardly changes, and black stays black.

    Parameters
    ----------
    layer
        (height, width, 4) uint8, RGB with straight alpha: the object as it lies on the scene.
    scene
        (H, W, 3) uint8 RGB.
    box
        Where it lies, in the scene's pixels; of the size of `layer`.
    strength
        Share of the ground's light at the foot, 0..1.
    parameters
        How far the light reaches.

    Returns
    -------
    Rgba
        A new array; `layer` itself if there is nothing to do.

    Examples
    --------
    >>> layer, lawn = np.full((40, 10, 4), 255, np.uint8), np.full((60, 60, 3), 90, np.uint8)
    >>> layer[..., :3] = 200
    >>> lawn[..., 1] = 140
    >>> foot = bounce_light(layer, lawn, Box(20, 10, 10, 40), 0.1)
    >>> foot[39, 5].tolist(), foot[20, 5].tolist()
    ([195, 202, 195, 255], [200, 200, 200, 255])
    """
    solid = object_mask(to_float(layer[..., 3]))
    tint = _ground_tint(scene, layer, box, parameters) if strength > 0 and solid.any() else None
    if tint is None:
        return layer
    rows = np.flatnonzero(solid.any(1))
    foot, reach = rows[-1], max(1.0, parameters.reach * (rows[-1] - rows[0] + 1))
    top = max(0, int(foot - reach))
    share = strength * np.clip(1 - (foot - np.arange(top, len(layer))) / reach, 0, 1)
    factor = (1 + share[:, None] * (tint - 1)) ** (1 / DISPLAY_GAMMA)
    lit = layer.copy()
    lit[top:, :, :3] = round_to_uint8(layer[top:, :, :3] * factor[:, None])
    return lit
