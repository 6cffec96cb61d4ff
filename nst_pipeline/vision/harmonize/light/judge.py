"""Judge whether the light on an object fits a scene, where its own photo is unknown.

A small network compares statistics of the object's colors with those of the scene's. It answers by
which change of light the object would fit, and whether a change is needed at all. Neither sees the
seam. `training/light` trained it; docs/models.md has its card.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.dense import DenseNetwork, load_dense
from nst_pipeline.vision.harmonize.light.change import LightChange
from nst_pipeline.vision.harmonize.light.description import (
    Colors,
    describe_light,
    describe_object,
)
from nst_pipeline.vision.harmonize.light.reading import mean_log_luminance
from nst_pipeline.vision.harmonize.light.regions import surroundings
from nst_pipeline.vision.shapes import Matte, Rgb

_FILE = Path(__file__).with_name("judge.npz")


@dataclass(frozen=True)
class Judgment:
    """A change of light, and the probability, 0..1, that it is needed."""

    change: LightChange
    confidence: float


@cache
def light_judge() -> DenseNetwork:
    """Load the judge that comes with the package."""
    return load_dense(_FILE)


def judged_inputs(scene: NDArray[Any], item: NDArray[Any]) -> NDArray[np.float32]:
    """Return the judge's inputs, (..., 147), for a scene, (..., 57), and an object, (..., 45)."""
    statistics = item.shape[-1] - _TEXTURES
    differences = item[..., :statistics] - scene[..., :statistics]
    detail = item[..., statistics:] - scene[..., -_TEXTURES:]
    return np.concatenate([scene, item, differences, detail], axis=-1).astype(np.float32)


_TEXTURES = 3
"""Numbers at the end of a description that tell detail."""


def judge_light(composite: Rgb, matte: Matte) -> Judgment | None:
    """Judge whether the light on an object fits the scene.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1, of the object.

    Returns
    -------
    Judgment or None
        None if there is no object, or too little around it.
    """
    around = surroundings(composite, matte)
    if around is None or not around.inside.any():
        return None
    colors = Colors.of(around.rgb)
    scene, item = describe_light(colors, around.scene), describe_object(colors, around.inside)
    answer = light_judge().predict(judged_inputs(scene, item))
    change = LightChange.from_numbers(answer[:-1], mean_log_luminance(composite, matte))
    return Judgment(change, float(1 / (1 + np.exp(answer[-1]))))
