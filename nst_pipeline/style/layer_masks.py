"""Carry a region down VGG19's layers without letting in what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte

_CONVOLUTIONS = (2, 2, 4, 4, 4)
"""Of VGG19's five blocks; each is followed by pooling that halves the sides."""
_LEAST_SHARE = 0.25
"""Statistics need positions: a region is not narrowed below this share of its area."""
_NEIGHBORS = np.ones((3, 3), np.uint8)


def _pooled(mask: Matte) -> Matte:
    """The least of each 2 x 2 positions; an odd last row or column is dropped, as VGG19 does."""
    rows, columns = mask.shape[0] // 2, mask.shape[1] // 2
    fours = mask[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return np.asarray(fours.min((1, 3)), np.float32)


def _down(mask: Matte) -> Iterator[tuple[str, Matte]]:
    """Every convolution's name and mask, from the top."""
    least = _LEAST_SHARE * float(mask.mean())
    for block, convolutions in enumerate(_CONVOLUTIONS, 1):
        for number in range(1, convolutions + 1):
            # Beyond the picture's edge is nothing that could leak: erosion ignores it.
            narrowed = np.asarray(cv2.erode(mask, _NEIGHBORS), np.float32)
            mask = narrowed if narrowed.mean() >= least else mask
            yield f"block{block}_conv{number}", mask
        if min(mask.shape) < 2:
            return
        narrowed = _pooled(mask)
        enough = narrowed.mean() >= least
        mask = narrowed if enough else resize(mask, narrowed.shape[1], narrowed.shape[0])


def layer_masks(mask: Matte, layers: Sequence[str]) -> list[Matte]:
    """The region as each layer sees it: a position counts as its least certain pixel does.

    A position whose receptive field reaches out of the region is left out, for as long as a
    quarter of the region's area remains; a small object has no deep position all its own.

    Args:
        mask: (height, width) float32, 0 outside the region to 1 inside; not all 0.
        layers: names of convolutions, such as `block3_conv1`.

    Returns:
        For each layer (rows, columns) float32, of the layer's size.
    """
    masks = dict(_down(mask))
    return [masks[layer] for layer in layers]


def region_weights(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mask as weights that average 1 however small the region is.

    Statistics and losses of a region then have the scale of a picture that it fills.
    """
    return np.asarray(mask / mask.mean(dtype=np.float64), np.float32)
