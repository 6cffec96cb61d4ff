"""Which habitats a photo shows, judged by what the classifier takes its surroundings for.

The classifier has seen photos of single things, and knows them by their surroundings as well: for a
photo of a bathroom it answers "toilet" even where none is to be seen. `training/habitats` trains
the layer that turns its answers into habitats; docs/models.md has its card.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.finding.built_network import warn_once
from nst_pipeline.style.finding.labels import word_probabilities
from nst_pipeline.vision.harmonize.dense import DenseNetwork, load_dense
from nst_pipeline.vision.images.inpaint import inpaint_object
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.habitats import Habitats
from nst_pipeline.vision.shapes import Matte, Rgb

HABITATS_FILE = Path(__file__).with_name("habitats.npz")
_SIDE_PX = 256
_LEAST_PROBABILITY = 1e-6
_DECIMALS = 4


def habitat_features(photo: Rgb, matte: Matte | None = None) -> NDArray[np.float32]:
    """Return the logarithm of each word's probability for what is around an object, (words,).

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object, which is painted over; None if there is none.
    """
    small = resize(photo, _SIDE_PX, _SIDE_PX)
    if matte is not None:
        small = inpaint_object(small, resize(matte, _SIDE_PX, _SIDE_PX))
    return np.asarray(np.log(word_probabilities([small])[0] + _LEAST_PROBABILITY), np.float32)


@cache
def habitat_network() -> DenseNetwork:
    """Load the layer that comes with the package."""
    return load_dense(HABITATS_FILE)


def read_habitats(photo: Rgb, matte: Matte | None = None) -> Habitats | None:
    """Say how sure it is that a photo shows each of `HABITATS`, 0..1.

    Parameters
    ----------
    photo, matte
        As in `habitat_features`.

    Returns
    -------
    tuple of float or None
        None if the classifier is not installed, which is logged once.
    """
    try:
        logits = habitat_network().predict(habitat_features(photo, matte))
    except ModelUnavailableError as error:
        warn_once(f"objects come to scenes regardless of where they are at home: {error}")
        return None
    return tuple(round(float(each), _DECIMALS) for each in 1 / (1 + np.exp(-logits)))
