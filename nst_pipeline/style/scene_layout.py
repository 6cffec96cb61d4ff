"""The network of the scene's layout, which comes with the package.

`training/scene_layout` trains it; docs/models.md has its card.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from nst_pipeline.style.onnx_network import OnnxNetwork, centered, load_onnx_network
from nst_pipeline.vision.images.resize import to_square
from nst_pipeline.vision.place.footing import footing
from nst_pipeline.vision.place.layout import SIDE_PX, Layout, ReadLayout
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.shapes import Matte, Rgb

LAYOUT_FILE = Path(__file__).with_name("scene_layout.onnx")


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
    picture = centered(to_square(scene, SIDE_PX)).transpose(2, 0, 1)
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


def layout_once(photo: Rgb) -> Callable[[], Layout]:
    """Return a function that reads a photo's layout when it is first asked for, and keeps it.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    """
    return cache(lambda: load_layout_network()(photo))


def read_footing(layout: Callable[[], Layout], label: str, matte: Matte) -> float | None:
    """Read how well what is under an object's feet in its own photo carries such a thing.

    Parameters
    ----------
    layout
        Reads the photo's layout, as `layout_once` does.
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
        The network's file is damaged.
    """
    thing = thing_named(label)
    found = None if thing is None else footing(layout(), thing, matte)
    return None if found is None else round(found, 4)
