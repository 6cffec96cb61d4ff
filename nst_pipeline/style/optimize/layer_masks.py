"""Compute a region's mask for each layer of VGG, without the influence of pixels outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte

_NEIGHBORS = np.ones((3, 3), np.uint8)
"""Receptive field of one convolution."""


@dataclass(frozen=True)
class LayerMaskParameters:
    """Limit of how far a region may shrink."""

    min_area_fraction: float = 0.25
    """A region keeps at least this fraction of its area: statistics need positions."""


def _pool_minimum(mask: Matte) -> Matte:
    """Take the minimum of each 2 x 2 positions; like VGG, drop an odd last row or column."""
    rows, columns = mask.shape[0] // 2, mask.shape[1] // 2
    fours = mask[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return np.asarray(fours.min((1, 3)), np.float32)


def _masks_by_layer(
    mask: Matte, block_sizes: Sequence[int], parameters: LayerMaskParameters
) -> Iterator[tuple[str, Matte]]:
    """Yield the name and mask of every convolution, from the first to the deepest."""
    min_area = parameters.min_area_fraction * float(mask.mean())
    for block, convolutions in enumerate(block_sizes, 1):
        for number in range(1, convolutions + 1):
            # Erosion ignores the picture's edge, because nothing can leak in from there.
            narrowed = np.asarray(cv2.erode(mask, _NEIGHBORS), np.float32)
            mask = narrowed if narrowed.mean() >= min_area else mask
            yield f"block{block}_conv{number}", mask
        if min(mask.shape) < 2:
            return
        narrowed = _pool_minimum(mask)
        is_enough = narrowed.mean() >= min_area
        mask = narrowed if is_enough else resize(mask, narrowed.shape[1], narrowed.shape[0])


def layer_masks(
    mask: Matte,
    layers: Sequence[str],
    *,
    block_sizes: Sequence[int],
    parameters: LayerMaskParameters = LayerMaskParameters(),
) -> list[Matte]:
    """Compute the mask of a region for each of some layers.

    A position gets the smallest value in its receptive field, so a position that sees past the
    region's edge does not count. A layer in which too little of the region would be left keeps the
    positions at its edge: a small object fills no receptive field of a deep layer.

    Parameters
    ----------
    mask
        (height, width) float32, 0 outside the region to 1 inside; not all 0.
    layers
        Names of convolutions, such as `block3_conv1`.
    block_sizes
        Number of convolutions in each block of the network, such as `Vgg.block_sizes`.
    parameters
        How far the region may shrink.

    Returns
    -------
    list of numpy.ndarray
        For each layer, (rows, columns) float32 of the layer's size.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((32, 32), np.float32)
    >>> mask[4:28, 4:28] = 1
    >>> layers = ["block1_conv1", "block2_conv1"]
    >>> [int(m.sum()) for m in layer_masks(mask, layers, block_sizes=(2, 2, 3, 3, 3))]
    [484, 64]
    """
    masks = dict(_masks_by_layer(mask, block_sizes, parameters))
    return [masks[layer] for layer in layers]


def region_weights(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a mask to an average of 1.

    With these weights, statistics and losses of a region have the scale of a whole picture, however
    small the region is.
    """
    return np.asarray(mask / mask.mean(dtype=np.float64), np.float32)
