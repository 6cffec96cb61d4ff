"""The chance that a pixel is the object's, learned from clues of photos with known masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features import Clues
from nst_pipeline.vision.cutout.features.kind import Clue

_FILE = Path(__file__).with_name("probability.npz")
_KNOTS = (-1.0, 0.0, 1.0)
"""A clue's weight may change at these values, in standard deviations from its mean."""
_LIMIT = 3.0
"""Clues further from their mean count as this far: what was never seen must not decide."""


@dataclass(frozen=True)
class ChanceModel:
    """An additive logistic model: each clue adds its own piecewise linear share of log odds.

    `names` (clues), `means` and `spreads` (clues,), `weights` (clues, bends), `bias` (). A few
    hundred numbers; `benchmarks/train_cutout.py` makes them.
    """

    names: NDArray[np.str_]
    means: NDArray[np.float32]
    spreads: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def chance(self, clues: Clues) -> Clue:
        """The chance 0..1 of each pixel, in the shape of the clues."""
        log_odds = np.full(clues[str(self.names[0])].shape, self.bias, np.float32)
        for name, mean, spread, weights in zip(
            self.names, self.means, self.spreads, self.weights, strict=True
        ):
            log_odds += bends(clues[str(name)], mean, spread) @ weights
        return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)

    def save(self, path: Path = _FILE) -> None:
        """Write the model where `trained_model` finds it."""
        np.savez(path, **vars(self))


def bends(clue: Clue, mean: np.floating, spread: np.floating) -> NDArray[np.float32]:
    """A clue as what the model weighs, (..., bends): itself, and what lies above each knot."""
    scaled = np.clip((clue - mean) / spread, -_LIMIT, _LIMIT)
    parts = [scaled, *(np.maximum(scaled - knot, 0) for knot in _KNOTS)]
    return np.stack(parts, axis=-1).astype(np.float32)


@cache
def trained_model() -> ChanceModel:
    """The model that comes with the package.

    Learned from 209 research photos of scenes (256 x 256 pixels) with hand-drawn outlines: only
    the weights of the clues, nothing of any picture. Cross-validated figures: docs/evaluation.md.
    """
    with np.load(_FILE, allow_pickle=False) as stored:
        return ChanceModel(**stored)
