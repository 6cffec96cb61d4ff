"""Lay stickers on a scene; put harmonised colours back without touching the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.colour import darkened
from nst_pipeline.vision.resize import resized
from nst_pipeline.vision.ring import object_box
from nst_pipeline.vision.shadow import contact_shadow
from nst_pipeline.vision.shapes import Box, Composite, Layer, Matte, Placement, Rgb, Rgba


def _premultiplied(sticker: Rgba) -> NDArray[np.float32]:
    pixels = sticker.astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels


def _straight(pixels: NDArray[np.float32]) -> Rgba:
    alpha = np.clip(pixels[..., 3:], 0, 255)
    colours = pixels[..., :3] * (255 / np.maximum(alpha, 0.5))
    return np.asarray(np.rint(np.clip(np.dstack([colours, alpha]), 0, 255)), np.uint8)


def _scaled(sticker: Rgba, box: Box, visible: Box) -> Rgba:
    """The part of the sticker, scaled to `box`, that lies in `visible`."""
    height, width = sticker.shape[:2]
    shrunk = (min(box.width, width), min(box.height, height))
    pixels = resized(_premultiplied(sticker), *shrunk)
    across, down = box.width / shrunk[0], box.height / shrunk[1]
    # Pixel centres lie at half coordinates; only the visible part is ever made.
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
    return np.asarray(layer.pixels[..., 3] / np.float32(255), np.float32)


def _blend(below: Rgb, above: Rgb, alpha: Matte) -> Rgb:
    base = below.astype(np.float32)
    mixed = base + alpha[..., None] * (above.astype(np.float32) - base)
    return np.asarray(np.rint(mixed), np.uint8)


def _cast_shadow(image: Rgb, layer: Layer, strength: float) -> None:
    """Darken the picture, in place, where the layer will stand."""
    shadow, shade = contact_shadow(_alpha(layer))
    height, width = image.shape[:2]
    placed = replace(shadow, x=shadow.x + layer.box.x, y=shadow.y + layer.box.y)
    seen = placed.clipped(width, height)
    within = replace(seen, x=seen.x - placed.x, y=seen.y - placed.y)
    image[seen.slices] = darkened(image[seen.slices], np.float32(strength) * shade[within.slices])


def compose(
    scene: Rgb, layers: Sequence[tuple[Placement, Rgba]], *, shadow: float = 0.0
) -> Composite:
    """Lay stickers on a scene, the first undermost.

    Args:
        scene: (height, width, 3) uint8 RGB; not changed.
        layers: placements with their stickers' pixels, (h, w, 4) uint8, straight alpha. What
            reaches past the scene's edges is cut; what lies wholly outside is left out.
        shadow: strength, 0..1, of the contact shadow under each sticker; none is cast where the
            scene's bottom edge cuts it, for its foot is out of sight.

    Returns:
        The picture, the joint matte and the layers. The matte is the objects' alone: where it is 0
        the picture is the scene, darkened by the shadows.
    """
    height, width = scene.shape[:2]
    image, matte, laid = scene.copy(), np.zeros((height, width), np.float32), []
    for placement, sticker in layers:
        layer = _layer(placement, sticker, width, height)
        if layer is None:
            continue
        part = layer.box.slices
        alpha = _alpha(layer)
        if shadow > 0 and placement.box.bottom <= height:
            _cast_shadow(image, layer, shadow)
        image[part] = _blend(image[part], layer.pixels[..., :3], alpha)
        matte[part] += (1 - matte[part]) * alpha
        laid.append(layer)
    return Composite(image, matte, tuple(laid))


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
