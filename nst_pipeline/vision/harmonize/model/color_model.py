"""The learned color model: from features to the change that makes an object natural."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.color_change import ColorChange, LabStatistics
from nst_pipeline.vision.harmonize.model.gate import confidence, gate_inputs
from nst_pipeline.vision.harmonize.object_view import ObjectColors

Array = NDArray[np.float64]

SEAM_BRAKE, BRAKE = 4.0, 7.0
"""LAB units, the usual error of a shift predicted with and without the seam: of smaller predictions
little is applied."""
REACH = 30.0
"""LAB units; no object is moved farther. Larger predictions are of objects like no other."""
GAIN_LIMIT = 2.5
"""No change of contrast beyond this factor: what is clipped does not come back."""
OWN_PLACE, FOREIGN_PLACE = 0.2, 0.5
"""Predictions of being pasted. Nineteen in twenty recolored objects stay below 0.4, nineteen in
twenty pasted ones lie above 0.45; real composites lie between, as their outlines are finer."""
USUAL_JUMP, JUMP_SHARE, MOST_PULL = 4.0, 0.5, 3.0
"""LAB units: half of all photos show a smaller difference of hue and colorfulness across an
object's outline. Of what a pasted object has beyond it, so much is taken back, and never more than
the last: that lowers the error on photos left out, while all of it would turn faces green."""
NATURAL, PASTED = 6, 7
"""Where a prediction says so, after shift and log gain of the three channels."""


@dataclass(frozen=True)
class Advice:
    """A color change, and the probability, 0..1, that it makes the object more natural."""

    change: ColorChange
    confidence: float


def _braked(target: Array, brake: float) -> Array:
    """A predicted change, shrunk where its shift is as small as its error, or too far."""
    size = np.linalg.norm(target[:3]) + 1e-9
    trust = size**2 / (size**2 + brake**2)
    return np.asarray(target * (REACH * np.tanh(trust * size / REACH) / size))


def _change(prediction: Array, own: LabStatistics, brake: float) -> ColorChange:
    target = _braked(prediction[:NATURAL], brake)
    gain = np.clip(np.exp(target[3:]), 1 / GAIN_LIMIT, GAIN_LIMIT)
    return ColorChange(pivot=own.mean, gain=gain, shift=target[:3])


def _nearer_to_ring(change: ColorChange, colors: ObjectColors) -> ColorChange:
    """The change with less of the chroma jump that it leaves across the outline."""
    rim = change.pivot + (colors.rim - change.pivot) * change.gain + change.shift
    gap = np.concatenate([[0.0], (colors.ring - rim)[1:]])
    jump = float(np.linalg.norm(gap)) + 1e-9
    pull = MOST_PULL * np.tanh(JUMP_SHARE * max(0.0, jump - USUAL_JUMP) / MOST_PULL)
    return replace(change, shift=change.shift + gap * (pull / jump))


def predicted_change(seamed: Array, unseamed: Array, colors: ObjectColors) -> ColorChange:
    """The change that two predictions, (8,), propose for an object of these colors.

    Args:
        seamed: made with the seam's features; followed for objects in their own photo.
        unseamed: made without them; followed for what is pasted from elsewhere.
        colors: the object's, and those at its outline.
    """
    share = (seamed[PASTED] - OWN_PLACE) / (FOREIGN_PLACE - OWN_PLACE)
    change = _change(seamed, colors.own, SEAM_BRAKE)
    pasted = _nearer_to_ring(_change(unseamed, colors.own, BRAKE), colors)
    return change.blend(pasted, float(np.clip(share, 0, 1)))


def change_size(change: ColorChange, own: LabStatistics) -> float:
    """LAB units, how far a change moves colors: root mean square over the object."""
    return float(np.sqrt((change.shift**2).sum() + ((own.std * (change.gain - 1)) ** 2).sum()))


class Predictor(Protocol):
    """Predicts, (..., 8), from features, (..., n): shift, log gain, `NATURAL`, `PASTED`."""

    def predict(self, features: Array) -> Array:
        """Predict every row's targets."""


@dataclass(frozen=True)
class ColorModel:
    """What calibration has learned.

    Attributes:
        seamed: reads all features.
        unseamed: the same without the seam, for objects that come from another picture.
        gate: (5,) weights of the confidence (`gate.confidence`).
    """

    seamed: Predictor
    unseamed: Predictor
    gate: Array

    def advise(self, features: Array, colors: ObjectColors) -> Advice:
        """The change for an object of these features, (n,), and colors."""
        seamed = self.seamed.predict(features)
        change = predicted_change(seamed, self.unseamed.predict(features), colors)
        size = np.array(change_size(change, colors.own))
        inputs = gate_inputs(seamed[NATURAL], seamed[PASTED], size)
        return Advice(change, float(confidence(inputs, self.gate)))
