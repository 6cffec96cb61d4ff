"""The network of the scene's layout, which comes with the package.

`training/scene_layout` trains it; docs/models.md has its card.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.style.onnx_network import OnnxNetwork, load_onnx_network
from nst_pipeline.vision.place.footing import footing
from nst_pipeline.vision.place.layout import SIDE_PX, Layout, ReadLayout
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.shapes import Matte, Rgb

LAYOUT_FILE = Path(__file__).with_name("scene_layout.onnx")
_MIDDLE, _SPREAD = 127.0, 128.0
"""Subtracted from, and then divided into, the values 0..255, as in training."""


def read_layout(network: OnnxNetwork, scene: Rgb) -> Layout:
    """Read a scene's layout: the mean of the picture and its mirror image.

    Parameters
    ----------
    network
        From pictures (n, 3, side, side) to surfaces, (n, surfaces, rows, columns), and scale, (n,
        2, rows, columns).
    scene
        (height, width, 3) uint8 RGB.
    """
    shrinks = max(scene.shape[:2]) > SIDE_PX
    square = cv2.resize(
        scene, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    picture = (square.transpose(2, 0, 1).astype(np.float32) - _MIDDLE) / _SPREAD
    surfaces, scale = network.run(np.stack([picture, picture[..., ::-1]]))
    surfaces, scale = ((each[0] + each[1][..., ::-1]) / 2 for each in (surfaces, scale))
    return Layout(surfaces, scale[0], scale[1])


def load_layout_network() -> ReadLayout:
    """Load the network, once a process.

    Raises
    ------
    ModelUnavailableError
        The file is damaged.
    """
    return partial(read_layout, load_onnx_network(LAYOUT_FILE, remedy="install the package again"))


def read_footing(photo: Rgb, label: str, matte: Matte) -> float | None:
    """Read how well what is under an object's feet in its own photo carries such a thing.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    label
        What the object is.
    matte
        (height, width) float32, 0..1.

    Returns
    -------
    float or None
        0..1; None if nothing can be said, such as of an unknown thing.

    Raises
    ------
    ModelUnavailableError
        The file is damaged.
    """
    thing = thing_named(label)
    if thing is None:
        return None
    found = footing(load_layout_network()(photo), thing, matte)
    return None if found is None else round(found, 4)
