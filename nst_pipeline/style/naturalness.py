"""The network of naturalness, which comes with the package.

`training/naturalness` trains it; docs/models.md has its card.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from nst_pipeline.style.onnx_network import OnnxNetwork, load_onnx_network
from nst_pipeline.vision.naturalness.factors import SEEN, Seen
from nst_pipeline.vision.naturalness.views import naturalness_views
from nst_pipeline.vision.shapes import Matte, Rgb

NATURALNESS_FILE = Path(__file__).with_name("naturalness.onnx")
_MIDDLE, _SPREAD = 127.0, 128.0
"""Subtracted from, and then divided into, the values 0..255, as in training."""

SeeFactors = Callable[[Rgb, Matte], Seen]
"""Function that judges a composite, (height, width, 3) uint8 RGB, by its matte, (height, width)."""


def see_factors(network: OnnxNetwork, picture: Rgb, matte: Matte) -> Seen:
    """Judge what can be seen of a composite's faults: the mean of it and its mirror image.

    Parameters
    ----------
    network
        From views, (n, 2, 3, side, side), and mattes, (n, 2, side, side), to logits.
    picture
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object; not empty.
    """
    pictures, mattes = naturalness_views(picture, matte)
    views = (pictures.transpose(0, 3, 1, 2).astype(np.float32) - _MIDDLE) / _SPREAD
    both = np.stack([views, views[..., ::-1]]), np.stack([mattes, mattes[..., ::-1]])
    (logits,) = network.run(*both)
    return dict(zip(SEEN, logits.mean(0).astype(float).tolist(), strict=True))


def load_naturalness_network() -> SeeFactors:
    """Load the network, once a process.

    Raises
    ------
    ModelUnavailableError
        The file is damaged.
    """
    network = load_onnx_network(NATURALNESS_FILE, remedy="install the package again")
    return partial(see_factors, network)
