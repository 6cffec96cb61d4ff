"""The reader of light, a network that comes with the package.

It answers: by which change of light would a plain photo look like this scene? The answer is the
expected one, so where a scene does not tell, it is near none. The difference of two scenes'
readings is the change that an object needs when it moves from one into the other.
`training/light_reader` trains it; docs/models.md has its card.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nst_pipeline.style.onnx_network import centered, load_onnx_network
from nst_pipeline.vision.harmonize.light.reading import Lights, Reading
from nst_pipeline.vision.harmonize.light.view import REACHES_PX, light_view
from nst_pipeline.vision.shapes import Matte, Rgb

LIGHT_READER_FILE = Path(__file__).with_name("light_reader.onnx")
_DECIMALS = 4


def read_light(image: Rgb, matte: Matte | None = None) -> Reading | None:
    """Read the light of a scene around an object; the object itself does not count.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB: the object's own photo, or a composite.
    matte
        (height, width) float32, 0..1, of the object; None to read the whole picture.

    Returns
    -------
    tuple of float or None
        Nine numbers, as `LightChange.from_numbers` takes them; None if there is no object, or too
        little around it.

    Raises
    ------
    ModelUnavailableError
        The network's file is damaged.
    """
    reaches = REACHES_PX if matte is not None else REACHES_PX[:1]
    views = [view for reach in reaches if (view := light_view(image, matte, reach)) is not None]
    if not views:
        return None
    network = load_onnx_network(LIGHT_READER_FILE, remedy="install the package again")
    pictures = np.stack([view.picture for view in views]).transpose(0, 3, 1, 2)
    near, hidden = (
        np.stack([getattr(view, name) for view in views])[:, None] for name in ("near", "hidden")
    )
    scenes = centered(pictures) * (1 - hidden)
    (numbers,) = network.run(scenes, near, hidden)
    return tuple(round(float(each), _DECIMALS) for each in numbers.mean(axis=0))


def read_lights(source: Reading | None, composite: Rgb, matte: Matte) -> Lights | None:
    """Return the lights that `harmonize` compares; None if one of them is unknown.

    Parameters
    ----------
    source
        Light of the object's own photo.
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object.
    """
    scene = None if source is None else read_light(composite, matte)
    return None if source is None or scene is None else Lights(source, scene)
