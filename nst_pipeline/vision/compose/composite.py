"""Lay stickers on a scene; put harmonized colors back without touching the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.shadow import contact_shadow
from nst_pipeline.vision.images.color import darkened
from nst_pipeline.vision.images.dtype import premultiply, round_to_uint8, to_float
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Box, Composite, Layer, Matte, Placement, Rgb, Rgba


def _straight(pixels: NDArray[np.float32]) -> Rgba:
    alpha = np.clip(pixels[..., 3:], 0, 255)
    colors = pixels[..., :3] * (255 / np.maximum(alpha, 0.5))
    return round_to_uint8(np.dstack([colors, alpha]))


def _scaled(sticker: Rgba, box: Box, visible: Box) -> Rgba:
    """The part of the sticker, scaled to `box`, that lies in `visible`."""
    height, width = sticker.shape[:2]
    shrunk = (min(box.width, width), min(box.height, height))
    pixels = resize(premultiply(sticker), *shrunk)
    across, down = box.width / shrunk[0], box.height / shrunk[1]
    # Pixel centers lie at half coordinates; only the visible part is ever made.
    left, top = visible.x - box.x, visible.y - box.y
    matrix = np.array(
        [[across, 0, across / 2 - 0.5 - left], [0, down, down / 2 - 0.5 - top]], np.float32
    )
    size = (visible.width, visible.height)
    if across == down == 1:
        pixels = pixels[top : top + size[1], left : left + size[0]]
    else:
        enlarged = cv2.warpAffine(
            pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        pixels = np.asarray(enlarged, np.float32)
    return _straight(pixels)


def _layer(placement: Placement, sticker: Rgba, width: int, height: int) -> Layer | None:
    visible = placement.box.clipped(width, height)
    if visible.width == 0 or visible.height == 0:
        return None
    if placement.flip:
        sticker = sticker[:, ::-1]
    return Layer(placement.sticker, visible, _scaled(sticker, placement.box, visible))


def _alpha(layer: Layer) -> Matte:
    return to_float(layer.pixels[..., 3])


def _blend(below: Rgb, above: Rgb, alpha: Matte) -> Rgb:
    base = below.astype(np.float32)
    mixed = base + alpha[..., None] * (above.astype(np.float32) - base)
    return round_to_uint8(mixed)


def _shadow(layer: Layer, strength: float, width: int, height: int) -> tuple[Box, Matte]:
    """The part of a layer's shadow that lies on the scene, in the scene's pixels."""
    box, shade = contact_shadow(_alpha(layer))
    box = replace(box, x=box.x + layer.box.x, y=box.y + layer.box.y)
    seen = box.clipped(width, height)
    within = replace(seen, x=seen.x - box.x, y=seen.y - box.y)
    return seen, np.float32(strength) * shade[within.slices]


def compose(
    scene: Rgb, layers: Sequence[tuple[Placement, Rgba]], *, shadow: float = 0.0
) -> Composite:
    """Lay stickers on a scene, the first undermost.

    Args:
        scene: (height, width, 3) uint8 RGB; not changed.
        layers: placements with their stickers' pixels, (h, w, 4) uint8, straight alpha. What
            reaches past the scene's edges is cut; what lies wholly outside is left out.
        shadow: strength, 0..1, of the contact shadow under each sticker; none is thrown where the
            scene's bottom edge cuts it, for its foot is out of sight.

    Returns:
        The picture, the joint matte and shadow, and the layers. Where matte and shadow are 0 the
        picture is the scene.
    """
    height, width = scene.shape[:2]
    image, laid = scene.copy(), []
    matte, shadows = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for placement, sticker in layers:
        layer = _layer(placement, sticker, width, height)
        if layer is None:
            continue
        if shadow > 0 and placement.box.bottom <= height:
            ground, shade = _shadow(layer, shadow, width, height)
            image[ground.slices] = darkened(image[ground.slices], shade)
            shadows[ground.slices] += (1 - shadows[ground.slices]) * shade
        part, alpha = layer.box.slices, _alpha(layer)
        image[part] = _blend(image[part], layer.pixels[..., :3], alpha)
        matte[part] += (1 - matte[part]) * alpha
        laid.append(layer)
    return Composite(image, matte, shadows, tuple(laid))


def layer_mattes(composite: Composite) -> list[Matte]:
    """Each layer's visible matte at the scene's size: less what later layers hide of it."""
    mattes: list[Matte] = []
    for layer in composite.layers:
        part, alpha = layer.box.slices, _alpha(layer)
        for matte in mattes:
            matte[part] *= 1 - alpha
        own = np.zeros_like(composite.matte)
        own[part] = alpha
        mattes.append(own)
    return mattes


def recompose(background: Rgb, matte: Matte, foreground: Rgb) -> Rgb:
    """Blend a new foreground over the background by the matte.

    The one place that promises: where the matte is 0, the background's bytes are kept.

    Args:
        background: (height, width, 3) uint8 RGB; the scene, or the composite itself where the
            scene is unknown (then the change, not the picture, is weighted by the matte).
        matte: (height, width) float32, 0..1.
        foreground: as `background`; read only where the matte is not 0.
    """
    image, part = background.copy(), object_box(matte).slices
    image[part] = _blend(background[part], foreground[part], matte[part])
    return image
