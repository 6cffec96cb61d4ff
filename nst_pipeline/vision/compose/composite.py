"""Paste stickers on a scene, and blend new colors back without touching the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.bounce import bounce_light
from nst_pipeline.vision.compose.layer_shade import Sunlit, layer_shade
from nst_pipeline.vision.images.color import darken
from nst_pipeline.vision.images.dtype import premultiply, round_to_uint8, to_float
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Box, Composite, Matte, Placement, Rgb, Rgba, StickerLayer


def _straight(pixels: NDArray[np.float32]) -> Rgba:
    """Convert premultiplied alpha to straight alpha, 8 bits."""
    # The alpha is clipped afterward: where bicubic interpolation overshoots, colors do, too.
    alpha = pixels[..., 3:]
    colors = pixels[..., :3] * (255 / np.maximum(alpha, 0.5))
    return round_to_uint8(np.dstack([colors, alpha]))


def _scaled(sticker: Rgba, box: Box, visible: Box) -> Rgba:
    """Scale a sticker to `box` and return the part of it that lies in `visible`."""
    height, width = sticker.shape[:2]
    # Shrink by averaging areas first; then enlarge a side that is still too short.
    shrunk = (min(box.width, width), min(box.height, height))
    pixels = resize(premultiply(sticker), *shrunk)
    across, down = box.width / shrunk[0], box.height / shrunk[1]
    left, top = visible.x - box.x, visible.y - box.y
    if across == down == 1:
        return _straight(pixels[top : top + visible.height, left : left + visible.width])
    # Pixel centers lie at half coordinates.
    matrix = np.array(
        [[across, 0, across / 2 - 0.5 - left], [0, down, down / 2 - 0.5 - top]], np.float32
    )
    enlarged = cv2.warpAffine(
        pixels,
        matrix,
        (visible.width, visible.height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _straight(np.asarray(enlarged, np.float32))


def _layer(placement: Placement, sticker: Rgba, width: int, height: int) -> StickerLayer | None:
    """Scale a sticker and clip it to a scene of that size; None if it lies outside."""
    visible = placement.box.clipped(width, height)
    if visible.width == 0 or visible.height == 0:
        return None
    if placement.flip:
        sticker = sticker[:, ::-1]
    return StickerLayer(placement.sticker, visible, _scaled(sticker, placement.box, visible))


def _alpha(layer: StickerLayer) -> Matte:
    return to_float(layer.pixels[..., 3])


def _blend(below: Rgb, above: Rgb, alpha: Matte) -> Rgb:
    base = below.astype(np.float32)
    mixed = base + alpha[..., None] * (above.astype(np.float32) - base)
    return round_to_uint8(mixed)


def compose(
    scene: Rgb,
    layers: Sequence[tuple[Placement, Rgba]],
    *,
    shadow: float = 0.0,
    sunlit: Sunlit | None = None,
    bounce: float = 0.0,
) -> Composite:
    """Paste stickers on a scene, the lowest first.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB; it is not changed.
    layers
        Placements and the pixels of their stickers, (h, w, 4) uint8 RGB with straight alpha. They
        are clipped to the scene.
    shadow
        Strength, 0..1, of the contact shadow under each sticker. If it is 0, no shadow is cast
        either.
    sunlit
        Directional light, in which stickers also cast a shadow on the ground; None if there is
        none.
    bounce
        Strength, 0..1, of the light that the ground reflects onto a sticker's foot.

    Returns
    -------
    Composite
        The image, the joint matte, the shadow, and the layers. Where matte and shadow are 0, the
        image equals the scene. A sticker that hangs, or that the scene's bottom edge cuts, has
        neither shadow nor reflected light, because no foot of it is in sight.

    Examples
    --------
    >>> scene = np.zeros((4, 6, 3), np.uint8)
    >>> sticker = np.full((2, 2, 4), 255, np.uint8)
    >>> composite = compose(scene, [(Placement("white", Box(1, 1, 2, 2)), sticker)])
    >>> composite.matte.sum(), composite.image[1, 1].tolist()
    (np.float32(4.0), [255, 255, 255])
    """
    height, width = scene.shape[:2]
    image, pasted = scene.copy(), []
    matte, shadows = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for placement, sticker in layers:
        layer = _layer(placement, sticker, width, height)
        if layer is None:
            continue
        part, alpha = layer.box.slices, _alpha(layer)
        stands = placement.box.bottom <= height and not placement.hangs
        if stands:
            lit = bounce_light(layer.pixels, scene, layer.box, bounce)
            layer = replace(layer, pixels=lit)
        if stands and shadow > 0:
            area, shade = layer_shade(alpha, layer.box, matte, strength=shadow, sunlit=sunlit)
            image[area.slices] = darken(image[area.slices], shade)
            shadows[area.slices] += (1 - shadows[area.slices]) * shade.max(2, initial=0)
        image[part] = _blend(image[part], layer.pixels[..., :3], alpha)
        matte[part] += (1 - matte[part]) * alpha
        pasted.append(layer)
    return Composite(image, matte, shadows, tuple(pasted))


def layer_mattes(composite: Composite) -> list[Matte]:
    """Compute how much of each layer is visible under the layers above it.

    Parameters
    ----------
    composite
        As `compose` returns it.

    Returns
    -------
    list of Matte
        One (height, width) float32 matte, 0..1, for each layer, at the scene's size. Their sum is
        the joint matte.
    """
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

    Every change of a composite goes through this function: it alone guarantees that the
    background's bytes are kept where the matte is 0.

    Parameters
    ----------
    background
        (height, width, 3) uint8 RGB: the scene, or the composite itself if the scene is unknown
        (then the matte weights the change rather than the foreground).
    matte
        (height, width) float32, 0..1.
    foreground
        Like `background`; read only where the matte is not 0.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.

    Examples
    --------
    >>> background, red = np.zeros((1, 3, 3), np.uint8), np.full((1, 3, 3), (200, 0, 0), np.uint8)
    >>> recompose(background, np.array([[0, 0.5, 1]], np.float32), red)[0, :, 0].tolist()
    [0, 100, 200]
    """
    image, part = background.copy(), object_box(matte).slices
    image[part] = _blend(background[part], foreground[part], matte[part])
    return image
