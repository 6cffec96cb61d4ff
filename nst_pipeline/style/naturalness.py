"""The network of naturalness, which comes with the package.

`training/naturalness` trains it; docs/models.md has its card.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.onnx_network import OnnxNetwork, centered, load_onnx_network
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.naturalness.factors import (
    CLOSE,
    SEEN,
    Naturalness,
    Seen,
    naturalness,
)
from nst_pipeline.vision.naturalness.views import coarse, naturalness_views
from nst_pipeline.vision.shapes import Matte, Rgb

NATURALNESS_FILE = Path(__file__).with_name("naturalness.onnx")


def see_factors(
    network: OnnxNetwork, pictures: NDArray[np.uint8], mattes: NDArray[np.float32]
) -> Seen:
    """Judge what can be seen of a composite's faults, from close up and at a glance.

    Parameters
    ----------
    network
        From views, (n, 2, 3, side, side), and mattes, (n, 2, side, side), to logits.
    pictures, mattes
        From `naturalness_views`.
    """
    looks = np.stack([pictures, coarse(pictures)]).transpose(0, 1, 4, 2, 3)
    (logits,) = network.run(centered(looks), np.stack([mattes, mattes]))
    both = zip(SEEN, *logits.tolist(), strict=True)
    return {name: float(near if name in CLOSE else far) for name, near, far in both}


def _network() -> OnnxNetwork:
    return load_onnx_network(NATURALNESS_FILE, remedy="install the package again")


def judge_naturalness(
    picture: Rgb,
    matte: Matte,
    *,
    quality: float | None = None,
    plausibility: float | None = None,
    kinship: float | None = None,
) -> Naturalness:
    """Judge how natural a composite looks, with the package's network.

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object.
    quality, plausibility, kinship
        Of the sticker, its place, and its own photo with the scene, 0..1, if they are known.

    Returns
    -------
    Naturalness
        A picture without an object is natural.

    Raises
    ------
    ModelUnavailableError
        The network's file is damaged.
    """
    if not matte.any():
        return Naturalness(1.0, {})
    seen = see_factors(_network(), *naturalness_views(picture, matte))
    height = object_box(matte).height / len(matte)
    return naturalness(seen, height, quality=quality, plausibility=plausibility, kinship=kinship)
