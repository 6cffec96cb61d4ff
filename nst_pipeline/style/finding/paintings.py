"""Recognize painted scenes: by their relief, and by what the classifier takes them for.

A painting has brush strokes and canvas everywhere. So have some photos of leaves, gravel and noise;
but the classifier of things, which has seen photos only, answers otherwise for a painting than for
a photo of the same thing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import HarmonizeSettings, SceneLook
from nst_pipeline.style.finding.built_network import warn_once
from nst_pipeline.style.finding.labels import word_probabilities
from nst_pipeline.vision.harmonize.dense import DenseNetwork, load_dense
from nst_pipeline.vision.harmonize.painting import looks_painted
from nst_pipeline.vision.shapes import Matte, Rgb

_FILE = Path(__file__).with_name("paintings.npz")
_LEAST_PROBABILITY = 1e-6


def painting_features(picture: Rgb) -> NDArray[np.float32]:
    """Return the logarithm of each word's probability for a picture, (words,)."""
    return np.asarray(np.log(word_probabilities([picture])[0] + _LEAST_PROBABILITY), np.float32)


@cache
def painting_network() -> DenseNetwork:
    """Load the network that comes with the package; docs/models.md has its card."""
    return load_dense(_FILE)


def is_painting(composite: Rgb, matte: Matte, look: SceneLook) -> bool:
    """Decide whether a scene is a painting.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB, the scene with an object.
    matte
        (height, width) float32, 0..1, of the object, whose relief does not count.
    look
        The setting `harmonize.look`; `auto` asks the picture.

    Returns
    -------
    bool
        If the classifier is not installed, which is logged once, relief alone decides.
    """
    if look != "auto":
        return look == "painting"
    if not looks_painted(composite, matte):
        return False
    try:
        return bool(painting_network().predict(painting_features(composite))[0] > 0)
    except ModelUnavailableError as error:
        warn_once(f"paintings are recognized by their relief alone: {error}")
        return True


def offers_painting(composite: Rgb, matte: Matte, settings: HarmonizeSettings) -> bool:
    """Decide whether to propose the object painted: by the settings, else in paintings only.

    Parameters
    ----------
    composite, matte
        As in `is_painting`, which is asked only where the answer matters.
    settings
        The harmonizer's.
    """
    if settings.method != "auto" or settings.color_only:
        return settings.method == "painted"
    return is_painting(composite, matte, settings.look)
