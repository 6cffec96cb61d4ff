"""The learned color model: from features to the color change that makes an object look natural."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from nst_pipeline.vision.harmonize.color_change import ColorChange, LabStatistics
from nst_pipeline.vision.harmonize.model.arrays import Array
from nst_pipeline.vision.harmonize.model.gate import confidence, gate_inputs
from nst_pipeline.vision.harmonize.object_view import ObjectColors

NATURAL, PASTED = 6, 7
"""Columns of a prediction. The first six are the shift and log gain of the three channels."""


@dataclass(frozen=True)
class ColorModelParameters:
    """How predictions become a color change."""

    error_with_seam: float = 4.0
    """Usual error, LAB units, of a shift predicted with the seam's features. Smaller predictions
    are mostly suppressed."""
    error_without_seam: float = 7.0
    """The same without the seam's features."""
    shift_limit: float = 30.0
    """Largest shift, LAB units. Larger predictions come from objects unlike any example."""
    gain_limit: float = 2.5
    """Largest factor of contrast, up or down: clipped colors cannot be restored."""
    pasted_none: float = 0.2
    """Up to this prediction of `PASTED`, an object counts as being in its own photo."""
    pasted_sure: float = 0.5
    """From this prediction on, an object counts as pasted. Nineteen in twenty recolored objects lie
    below 0.4, and nineteen in twenty pasted ones above 0.45; real composites lie between, because
    their outlines are finer."""
    usual_jump: float = 4.0
    """LAB units; half of all photos have a smaller difference of chroma across an outline."""
    jump_share: float = 0.5
    """Share of a pasted object's excess jump that is removed."""
    pull_limit: float = 3.0
    """Largest part of a jump that is removed, LAB units. Share and limit lower the error on photos
    left out of calibration; removing the whole jump would tint faces green."""


COLOR_MODEL = ColorModelParameters()


@dataclass(frozen=True)
class Advice:
    """A color change, and the probability, 0..1, that it makes the object more natural."""

    change: ColorChange
    confidence: float


def _shrunk(target: Array, error: float, limit: float) -> Array:
    """Shrink a predicted change if its shift is not much larger than its error, or too large."""
    size = np.linalg.norm(target[:3]) + 1e-9
    trust = size**2 / (size**2 + error**2)
    return np.asarray(target * (limit * np.tanh(trust * size / limit) / size))


def _change(
    prediction: Array, own: LabStatistics, error: float, parameters: ColorModelParameters
) -> ColorChange:
    target = _shrunk(prediction[:NATURAL], error, parameters.shift_limit)
    gain = np.clip(np.exp(target[3:]), 1 / parameters.gain_limit, parameters.gain_limit)
    return ColorChange(pivot=own.mean, gain=gain, shift=target[:3])


def _nearer_to_ring(
    change: ColorChange, colors: ObjectColors, parameters: ColorModelParameters
) -> ColorChange:
    """Reduce the chroma jump that a change leaves across the outline."""
    rim = change.pivot + (colors.rim - change.pivot) * change.gain + change.shift
    gap = np.concatenate([[0.0], (colors.ring - rim)[1:]])
    jump = float(np.linalg.norm(gap)) + 1e-9
    excess, limit = max(0.0, jump - parameters.usual_jump), parameters.pull_limit
    pull = limit * np.tanh(parameters.jump_share * excess / limit)
    return replace(change, shift=change.shift + gap * (pull / jump))


def predicted_change(
    with_seam: Array,
    without_seam: Array,
    colors: ObjectColors,
    *,
    parameters: ColorModelParameters = COLOR_MODEL,
) -> ColorChange:
    """Combine two predictions into the color change of an object.

    Parameters
    ----------
    with_seam
        (8,), predicted with the seam's features; used for objects in their own photo.
    without_seam
        (8,), predicted without them; used for objects pasted from another photo.
    colors
        The object's colors, and those at its outline.
    parameters
        Limits of the change.

    Returns
    -------
    ColorChange
        Its pivot is the object's mean color.
    """
    span = parameters.pasted_sure - parameters.pasted_none
    share = (with_seam[PASTED] - parameters.pasted_none) / span
    change = _change(with_seam, colors.own, parameters.error_with_seam, parameters)
    pasted = _nearer_to_ring(
        _change(without_seam, colors.own, parameters.error_without_seam, parameters),
        colors,
        parameters,
    )
    return change.blend(pasted, float(np.clip(share, 0, 1)))


def change_size(change: ColorChange, own: LabStatistics) -> float:
    """Compute how far a change moves the object's colors: root mean square, LAB units."""
    return float(np.sqrt((change.shift**2).sum() + ((own.std * (change.gain - 1)) ** 2).sum()))


class Predictor(Protocol):
    """Predicts shift, log gain, `NATURAL` and `PASTED` from features."""

    def predict(self, features: Array) -> Array:
        """Predict targets, (..., 8), from features, (..., n)."""


@dataclass(frozen=True)
class ColorModel:
    """The model that calibration fits.

    Attributes
    ----------
    with_seam
        Predictor that reads all features.
    without_seam
        Predictor that ignores those of the seam, for objects from another picture.
    gate
        (5,), weights of the confidence (`gate.confidence`).
    """

    with_seam: Predictor
    without_seam: Predictor
    gate: Array

    def advise(self, features: Array, colors: ObjectColors) -> Advice:
        """Predict the change for an object, given its features, (n,), and colors."""
        with_seam = self.with_seam.predict(features)
        change = predicted_change(with_seam, self.without_seam.predict(features), colors)
        size = np.array(change_size(change, colors.own))
        inputs = gate_inputs(with_seam[NATURAL], with_seam[PASTED], size)
        return Advice(change, float(confidence(inputs, self.gate)))
