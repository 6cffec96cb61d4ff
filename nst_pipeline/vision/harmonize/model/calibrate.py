"""Calibrate a harmonizer on photos and the mattes of their objects, without a download.

Photos are natural. Their objects are recolored, with the colors of other objects and by a photo
editor's sliders, and the model learns to undo that from the object, its ring and the scene.
Unchanged photos teach it to leave natural objects alone. Objects that are enlarged and pasted over
themselves teach it that a hard outline alone says nothing about colors. From predictions for
photos left out, the gate learns how often a change helps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import LabStatistics, recolor
from nst_pipeline.vision.harmonize.model.arrays import Array
from nst_pipeline.vision.harmonize.model.color_model import (
    NATURAL,
    PASTED,
    ColorModel,
    Predictor,
    change_size,
    predicted_change,
)
from nst_pipeline.vision.harmonize.model.distort import enlarge, move_sliders, transfer_statistics
from nst_pipeline.vision.harmonize.model.features import (
    FEATURES,
    describe,
    feature_relevance,
    seam_features,
)
from nst_pipeline.vision.harmonize.model.gate import fit_gate, gate_inputs
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin
from nst_pipeline.vision.harmonize.model.kernel_ridge import fit_kernel_ridge
from nst_pipeline.vision.harmonize.model.linear_model import fit_linear_model
from nst_pipeline.vision.harmonize.object_view import (
    VIEW_PARAMETERS,
    ObjectColors,
    object_colors,
    object_view,
)
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class CalibrationParameters:
    """What a calibration learns from."""

    recolored_per_photo: int = 4
    """Copies of each photo with its object in the colors of another photo's object."""
    slid_per_photo: int = 4
    """Copies of each photo with its object after a photo editor's sliders."""
    natural_weight: float = 20.0
    """Sample weight of an unchanged photo, more than of all its recolored copies: doing harm is
    worse than missing a gain."""
    pasted_weight: float = 5.0
    """Sample weight of an object in its natural colors with a pasted outline."""
    photos_min: int = 20
    """With fewer photos, the model would learn single objects; the built-in one is better."""
    photos_max: int = 300
    """More photos cost time and space (the kernel grows with their square) and gain little."""
    folds: int = 5
    """Number of folds that the photos are split into. For the gate, each fold is predicted by a
    model of the others."""


CALIBRATION = CalibrationParameters()


@dataclass(frozen=True)
class _Example:
    """A reduced photo, with its object's true color statistics."""

    image: Rgb
    matte: Matte
    truth: LabStatistics


@dataclass(frozen=True)
class _Row:
    """One training example: a picture's features, its object's colors, and the true ones."""

    features: Array
    colors: ObjectColors
    truth: LabStatistics
    natural: bool
    pasted: bool
    sample_weight: float

    @property
    def now(self) -> LabStatistics:
        """The object's statistics in this picture."""
        return self.colors.own

    @property
    def target(self) -> Array:
        """Shift of the mean, log ratio of the std, and whether it is natural, or pasted; (8,)."""
        ratio = (self.truth.std + FEATURES.std_floor) / (self.now.std + FEATURES.std_floor)
        shift = self.truth.mean - self.now.mean
        return np.concatenate([shift, np.log(ratio), [self.natural, self.pasted]])


def _example(photo: Rgb, matte: Matte) -> _Example | None:
    side = 2 * VIEW_PARAMETERS.side_px
    image, small = shrink_to_fit(photo, side), shrink_to_fit(matte, side)
    view = object_view(image, small)
    return None if view is None else _Example(image, small, object_colors(view).own)


def _recolored(
    example: _Example,
    others: list[_Example],
    rng: np.random.Generator,
    parameters: CalibrationParameters,
) -> Iterator[Rgb]:
    """Recolor the object with the colors of others, and by a photo editor's sliders."""
    for index in rng.integers(len(others), size=parameters.recolored_per_photo):
        change = transfer_statistics(example.truth, others[index].truth)
        yield recolor(example.image, example.matte, change)
    for _ in range(parameters.slid_per_photo):
        yield recompose(example.image, example.matte, move_sliders(example.image, rng))


def _row(
    image: Rgb,
    example: _Example,
    parameters: CalibrationParameters,
    *,
    unchanged: bool,
    pasted: bool,
) -> _Row | None:
    view = object_view(image, example.matte)
    if view is None:
        return None
    natural, weight = unchanged and not pasted, 1.0
    if unchanged:
        weight = parameters.natural_weight if natural else parameters.pasted_weight
    return _Row(describe(view), object_colors(view), example.truth, natural, pasted, weight)


def _rows(
    example: _Example,
    others: list[_Example],
    rng: np.random.Generator,
    parameters: CalibrationParameters,
) -> Iterator[_Row]:
    """Make rows of the photo, its pasted copy, and both recolored."""
    copy = _example(*enlarge(example.image, example.matte, rng))
    for kept in (example, copy):
        if kept is None:
            continue
        for image in (kept.image, *_recolored(kept, others, rng, parameters)):
            unchanged, pasted = image is kept.image, kept is copy
            row = _row(image, kept, parameters, unchanged=unchanged, pasted=pasted)
            if row is not None:
                yield row


Fit = Callable[[Array, Array, Array], tuple[Predictor, Predictor]]
"""Fits predictors with and without the seam to features, targets and sample weights."""


def fit_kernel_models(
    features: Array, targets: Array, sample_weight: Array
) -> tuple[Predictor, Predictor]:
    """Fit kernel ridge models, which keep their examples; both share one copy of these."""
    relevance = feature_relevance()
    with_seam = fit_kernel_ridge(features, targets, sample_weight, relevance)
    without = fit_kernel_ridge(features, targets, sample_weight, relevance * ~seam_features())
    return with_seam, replace(without, examples=with_seam.examples)


def fit_linear_models(
    features: Array, targets: Array, sample_weight: Array
) -> tuple[Predictor, Predictor]:
    """Fit ridge regressions, which have few weights and suit photos of any kind."""
    seam = seam_features()
    with_seam = fit_linear_model(features, targets, sample_weight, np.ones_like(seam))
    return with_seam, fit_linear_model(features, targets, sample_weight, ~seam)


def _fitted(rows: Sequence[_Row], fit: Fit) -> tuple[Predictor, Predictor]:
    columns = ([row.features, row.target, row.sample_weight] for row in rows)
    return fit(*(np.array(column) for column in zip(*columns, strict=True)))


def _error(now: LabStatistics, truth: LabStatistics) -> float:
    """Mean squared LAB error of pixels whose statistics differ from the true ones."""
    return float(((now.mean - truth.mean) ** 2).sum() + ((now.std - truth.std) ** 2).sum())


def _judged(row: _Row, with_seam: Array, without_seam: Array) -> tuple[Array, bool]:
    """Return the gate's inputs for a row, and whether the change reduces the error."""
    change = predicted_change(with_seam, without_seam, row.colors)
    after = LabStatistics(row.now.mean + change.shift, row.now.std * change.gain)
    size = np.array(change_size(change, row.now))
    better = _error(after, row.truth) < _error(row.now, row.truth)
    return gate_inputs(with_seam[NATURAL], with_seam[PASTED], size), better


def _gate(
    rows_by_photo: list[list[_Row]], fit: Fit, folds: int, on_fold: Callable[[], None]
) -> Array:
    """Fit the gate's weights to predictions for the photos of each fold, from the others."""
    inputs, better, sample_weight = [], [], []
    for fold in range(folds):
        left_out = [row for rows in rows_by_photo[fold::folds] for row in rows]
        kept = [
            row
            for number, rows in enumerate(rows_by_photo)
            if number % folds != fold
            for row in rows
        ]
        features = np.array([row.features for row in left_out])
        predictions = (model.predict(features) for model in _fitted(kept, fit))
        for row, *predicted in zip(left_out, *predictions, strict=True):
            row_inputs, improved = _judged(row, *predicted)
            inputs.append(row_inputs)
            better.append(improved)
            # Objects pasted from another photo seldom fit, so only natural photos weigh more.
            sample_weight.append(row.sample_weight if row.natural else 1.0)
        on_fold()
    return fit_gate(np.array(inputs), np.array(better), np.array(sample_weight))


def _examples(
    photos: Iterable[tuple[Rgb, Matte]], parameters: CalibrationParameters
) -> list[_Example]:
    """Read usable photos, one at a time, until there are enough."""
    usable = (each for each in itertools.starmap(_example, photos) if each is not None)
    return list(itertools.islice(usable, parameters.photos_max))


def calibrate(
    photos: Iterable[tuple[Rgb, Matte]],
    *,
    seed: int = 0,
    fit: Fit = fit_kernel_models,
    on_step: Callable[[int, int], object] = lambda *_: None,
    parameters: CalibrationParameters = CALIBRATION,
) -> Harmonizer:
    """Learn natural colors from photos and the mattes of their objects.

    Parameters
    ----------
    photos
        Pairs of (height, width, 3) uint8 RGB and (height, width) float32, read one at a time.
        Photos without an object, or with nothing around it, are skipped.
    seed
        Seed of the random recolorings.
    fit
        Function that fits the two predictors: `fit_kernel_models` or `fit_linear_models`.
    on_step
        Called after each photo and each fit with the number of finished steps and the total; the
        steps take about equally long.
    parameters
        What to learn from.

    Returns
    -------
    Harmonizer
        The calibrated model; the built-in one if fewer than `photos_min` photos are usable.
    """
    examples = _examples(photos, parameters)
    if len(examples) < parameters.photos_min:
        return builtin()
    rng = np.random.default_rng(seed)
    finished, total = itertools.count(1), len(examples) + parameters.folds + 1

    def step() -> None:
        on_step(next(finished), total)

    rows_by_photo = []
    for example in examples:
        rows_by_photo.append(list(_rows(example, examples, rng, parameters)))
        step()
    predictors = _fitted([row for rows in rows_by_photo for row in rows], fit)
    step()
    gate = _gate(rows_by_photo, fit, parameters.folds, step)
    return Harmonizer(ColorModel(*predictors, gate), len(examples))
