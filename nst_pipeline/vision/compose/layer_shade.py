"""Shade the ground around one sticker: its contact shadow, and in the sun also its cast shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.cast_shadow import Sun, cast_shadow
from nst_pipeline.vision.compose.shadow import contact_shadow
from nst_pipeline.vision.shapes import Box, Matte

Shade = NDArray[np.float32]
"""Share of linear light that is missing, (height, width, 3) float32 for R, G and B, 0..1."""


@dataclass(frozen=True)
class Sunlit:
    """A scene in directional light.

    Attributes
    ----------
    sun
        The light.
    horizon
        Row of the horizon, as a fraction of the scene's height.
    ground
        Confidence, 0..1, that a part of the scene is ground; (h, w) float32 of any size.
    """

    sun: Sun
    horizon: float
    ground: Matte


@dataclass(frozen=True)
class ShadeParameters:
    """How the scene receives a cast shadow."""

    sure_ground: float = 0.25
    """Confidence from which a shadow is cast in full."""
    elsewhere: float = 0.3
    """Share of it on what is no ground at all. It would bend there in a way that nobody knows."""


def _received(
    sunlit: Sunlit, area: Box, frame: tuple[int, int], parameters: ShadeParameters
) -> Matte:
    """Compute how much of a cast shadow each pixel of an area receives."""
    ground = np.clip(sunlit.ground / parameters.sure_ground, 0, 1)
    rows, columns = ground.shape
    across, down = columns / frame[0], rows / frame[1]
    # Pixel centers lie at half coordinates.
    matrix = np.array(
        [
            [across, 0, (area.x + 0.5) * across - 0.5],
            [0, down, (area.y + 0.5) * down - 0.5],
        ],
        np.float32,
    )
    large = cv2.warpAffine(
        ground.astype(np.float32),
        matrix,
        (area.width, area.height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(parameters.elsewhere + (1 - parameters.elsewhere) * large, np.float32)


def _contact(alpha: Matte, box: Box, strength: float, frame: tuple[int, int]) -> tuple[Box, Matte]:
    """Clip the contact shadow to the scene; return its box in the scene's pixels."""
    area, shade = contact_shadow(alpha)
    area = replace(area, x=area.x + box.x, y=area.y + box.y)
    visible = area.clipped(*frame)
    within = replace(visible, x=visible.x - area.x, y=visible.y - area.y)
    return visible, np.float32(strength) * shade[within.slices]


def _joint(first: Box, second: Box) -> Box:
    """Return the smallest box that contains two boxes; one without area does not count."""
    boxes = [each for each in (first, second) if each.width and each.height]
    if not boxes:
        return first
    x, y = min(each.x for each in boxes), min(each.y for each in boxes)
    right, bottom = max(each.right for each in boxes), max(each.bottom for each in boxes)
    return Box(x, y, right - x, bottom - y)


def _within(area: Box, whole: Box) -> tuple[slice, slice]:
    return replace(area, x=area.x - whole.x, y=area.y - whole.y).slices


def layer_shade(
    alpha: Matte,
    box: Box,
    matte: Matte,
    *,
    strength: float,
    sunlit: Sunlit | None = None,
    parameters: ShadeParameters = ShadeParameters(),
) -> tuple[Box, Shade]:
    """Shade the scene around an object.

    Parameters
    ----------
    alpha
        (height, width) float32, 0..1: the object as it lies on the scene.
    box
        Where it lies, in the scene's pixels; of the size of `alpha`.
    matte
        Joint alpha of the objects that are on the scene already, of the scene's size; no shadow is
        cast on them.
    strength
        Strength of the contact shadow, 0..1.
    sunlit
        The scene's directional light; None if there is none.
    parameters
        How the scene receives a cast shadow.

    Returns
    -------
    box
        Where the shadows lie, within the scene.
    shade
        (h, w, 3) float32, the share of linear light that they remove there.
    """
    frame = matte.shape[1], matte.shape[0]
    area, contact = _contact(alpha, box, strength, frame)
    if sunlit is None:
        return area, np.repeat(contact[..., None], 3, 2)
    horizon = sunlit.horizon * frame[1]
    reached, cast = cast_shadow(alpha, box, sunlit.sun, horizon=horizon, frame=frame)
    whole = _joint(area, reached)
    lit = np.ones((whole.height, whole.width, 3), np.float32)
    if area.width and area.height:
        lit[_within(area, whole)] *= (1 - contact)[..., None]
    if reached.width and reached.height:
        received = _received(sunlit, reached, frame, parameters) * (1 - matte[reached.slices])
        shade = np.asarray(sunlit.sun.shade, np.float32)
        lit[_within(reached, whole)] *= 1 - (cast * received)[..., None] * shade
    return whole, 1 - lit
