"""Measure what a composite shows: how much of each sticker, and whether the scene is intact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Matte, Rgb, StickerLayer


def visible_fraction(layer: StickerLayer, visible_matte: Matte) -> float:
    """Compute the share of a layer's object that later layers leave visible.

    Parameters
    ----------
    layer
        A sticker as it lies on the scene.
    visible_matte
        (height, width) float32, the layer's matte less what later layers hide, as `layer_mattes`
        returns it.

    Returns
    -------
    float
        0..1; 0 if the layer is too faint to be seen.
    """
    alpha = to_float(layer.pixels[..., 3])
    visible = object_mask(visible_matte, float(alpha.max()))
    return int(np.count_nonzero(visible)) / max(int(np.count_nonzero(object_mask(alpha))), 1)


def count_background_changes(
    scene: Rgb, result: Rgb, mask: NDArray[np.uint8], shadow: NDArray[np.uint8]
) -> int:
    """Count the pixels that differ from the scene although no sticker or shadow covers them.

    Parameters
    ----------
    scene, result
        (height, width, 3) uint8 RGB.
    mask, shadow
        (height, width) uint8; a pixel is background if both are 0.

    Returns
    -------
    int
        0 if the scene is intact.

    Examples
    --------
    >>> scene, clear = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)
    >>> result = scene.copy()
    >>> result[0, 0] = 255
    >>> count_background_changes(scene, result, clear, clear)
    1
    """
    differs = (scene != result).any(axis=2) & (mask == 0) & (shadow == 0)
    return int(np.count_nonzero(differs))
