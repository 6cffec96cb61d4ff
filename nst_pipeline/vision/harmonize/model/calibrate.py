"""Calibrate a harmonizer on photos with their objects' mattes, without a download.

Real photos are natural. Their objects are recolored, by the colors of other objects and by a
photo editor's sliders, and the model learns to undo it from the object, its ring and the scene;
untouched photos among them teach it to leave alone what is natural, and objects pasted over
themselves, enlarged, that a hard outline alone says nothing of the colors. The gate learns from
predictions for photos left out how often such a change is for the better.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import LabStatistics, recolor
from nst_pipeline.vision.harmonize.model.color_model import (
    NATURAL,
    PASTED,
    ColorModel,
    Predictor,
    change_size,
    predicted_change,
)
from nst_pipeline.vision.harmonize.model.describe import RELEVANCE, SEAM, SPREAD_FLOOR, describe
from nst_pipeline.vision.harmonize.model.distort import enlarge, slide, toward
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

Array = NDArray[np.float64]

RECOLORED_PER_PHOTO = 4
SLID_PER_PHOTO = 4
NATURAL_IMPORTANCE = 20.0
"""Weight of an untouched photo, more than of all its recolored copies: harm is worse than a
missed gain."""
PASTED_IMPORTANCE = 5.0
"""Weight of an object of natural colors behind a pasted outline."""
PHOTOS_MIN = 20
"""With fewer photos the model knows single objects, not colors: the built-in model is better."""
PHOTOS_MAX = 300
"""More photos cost time and space (the kernel grows with their square) and gain little."""
FOLDS = 5
"""Parts of the photos, each predicted by a model of the others."""


@dataclass(frozen=True)
class _Example:
    """A photo at the size that statistics need, with its object's true colors."""

    image: Rgb
    matte: Matte
    truth: LabStatistics


@dataclass(frozen=True)
class _Row:
    """One picture to learn from: what is seen, the object's colors now, and the truth."""

    features: Array
    colors: ObjectColors
    truth: LabStatistics
    natural: bool
    pasted: bool
    importance: float

    @property
    def now(self) -> LabStatistics:
        """The object's statistics as the picture shows it."""
        return self.colors.own

    @property
    def target(self) -> Array:
        """Shift of the mean, log ratio of the spread, whether a photo as it was, or pasted."""
        ratio = (self.truth.std + SPREAD_FLOOR) / (self.now.std + SPREAD_FLOOR)
        shift = self.truth.mean - self.now.mean
        return np.concatenate([shift, np.log(ratio), [self.natural, self.pasted]])


def _example(photo: Rgb, matte: Matte) -> _Example | None:
    side = 2 * VIEW_PARAMETERS.side_px
    image, small = shrink_to_fit(photo, side), shrink_to_fit(matte, side)
    seen = object_view(image, small)
    return None if seen is None else _Example(image, small, object_colors(seen).own)


def _recolored(
    example: _Example, others: list[_Example], rng: np.random.Generator
) -> Iterator[Rgb]:
    """The picture with its object in the colors of others, and after a photo editor's sliders."""
    for index in rng.integers(len(others), size=RECOLORED_PER_PHOTO):
        change = toward(example.truth, others[index].truth)
        yield recolor(example.image, example.matte, change)
    for _ in range(SLID_PER_PHOTO):
        yield recompose(example.image, example.matte, slide(example.image, rng))


def _row(image: Rgb, example: _Example, *, unchanged: bool, pasted: bool) -> _Row | None:
    seen = object_view(image, example.matte)
    if seen is None:
        return None
    natural = unchanged and not pasted
    weight = NATURAL_IMPORTANCE if natural else PASTED_IMPORTANCE if unchanged else 1.0
    colors = object_colors(seen)
    return _Row(describe(seen), colors, example.truth, natural, pasted, weight)


def _rows(example: _Example, others: list[_Example], rng: np.random.Generator) -> Iterator[_Row]:
    """The photo, its pasted copy, and both recolored."""
    copy = _example(*enlarge(example.image, example.matte, rng))
    for kept in (example, copy):
        if kept is None:
            continue
        for image in (kept.image, *_recolored(kept, others, rng)):
            row = _row(image, kept, unchanged=image is kept.image, pasted=kept is copy)
            if row is not None:
                yield row


Fit = Callable[[Array, Array, Array], tuple[Predictor, Predictor]]
"""Fits predictors with and without the seam to features, targets and importances."""


def kernel_models(
    features: Array, targets: Array, importance: Array
) -> tuple[Predictor, Predictor]:
    """Kernel ridge: knows by heart what it learned from. The two share their examples."""
    seamed = fit_kernel_ridge(features, targets, importance, RELEVANCE)
    unseamed = fit_kernel_ridge(features, targets, importance, RELEVANCE * ~SEAM)
    return seamed, replace(unseamed, examples=seamed.examples)


def linear_models(
    features: Array, targets: Array, importance: Array
) -> tuple[Predictor, Predictor]:
    """Ridge regression: a few weights for photos of any kind."""
    seamed = fit_linear_model(features, targets, importance, np.ones_like(SEAM))
    return seamed, fit_linear_model(features, targets, importance, ~SEAM)


def _fitted(rows: Sequence[_Row], fit: Fit) -> tuple[Predictor, Predictor]:
    columns = ([row.features, row.target, row.importance] for row in rows)
    return fit(*(np.array(column) for column in zip(*columns, strict=True)))


def _error(now: LabStatistics, truth: LabStatistics) -> float:
    """Mean squared LAB error of pixels whose statistics are wrong by so much."""
    return float(((now.mean - truth.mean) ** 2).sum() + ((now.std - truth.std) ** 2).sum())


def _judged(row: _Row, seamed: Array, unseamed: Array) -> tuple[Array, bool]:
    """What the gate would read of a row, and whether the change was for the better."""
    change = predicted_change(seamed, unseamed, row.colors)
    after = LabStatistics(row.now.mean + change.shift, row.now.std * change.gain)
    size = np.array(change_size(change, row.now))
    better = _error(after, row.truth) < _error(row.now, row.truth)
    return gate_inputs(seamed[NATURAL], seamed[PASTED], size), better


def _gate(rows_by_photo: list[list[_Row]], fit: Fit, on_fold: Callable[[], None]) -> Array:
    """The gate's weights, learned from predictions for photos left out."""
    inputs, better, importance = [], [], []
    for fold in range(FOLDS):
        left_out = [row for rows in rows_by_photo[fold::FOLDS] for row in rows]
        kept = [
            row
            for number, rows in enumerate(rows_by_photo)
            if number % FOLDS != fold
            for row in rows
        ]
        features = np.array([row.features for row in left_out])
        predictions = (model.predict(features) for model in _fitted(kept, fit))
        for row, seamed, unseamed in zip(left_out, *predictions, strict=True):
            read, improved = _judged(row, seamed, unseamed)
            inputs.append(read)
            better.append(improved)
            # What is pasted from another photo seldom fits: natural photos alone count for more.
            importance.append(row.importance if row.natural else 1.0)
        on_fold()
    return fit_gate(np.array(inputs), np.array(better), np.array(importance))


def calibrate(
    photos: Iterable[tuple[Rgb, Matte]],
    *,
    seed: int = 0,
    fit: Fit = kernel_models,
    on_step: Callable[[int, int], object] = lambda *_: None,
) -> Harmonizer:
    """Learn natural colors from photos with their objects' mattes.

    Args:
        photos: (height, width, 3) uint8 RGB and (height, width) float32, read one by one; those
            whose matte is empty, or leaves nothing around the object, are passed over.
        seed: of the recolorings.
        fit: the kind of model.
        on_step: told after each photo was learned from, and each model fitted, how many steps are
            through and how many there are; they take about equally long.

    Returns:
        The built-in one where there are fewer than `PHOTOS_MIN` usable photos.
    """
    examples = []
    for photo, matte in photos:
        example = _example(photo, matte)
        if example is not None:
            examples.append(example)
        if len(examples) == PHOTOS_MAX:
            break
    if len(examples) < PHOTOS_MIN:
        return builtin()
    rng = np.random.default_rng(seed)
    through, total = itertools.count(1), len(examples) + FOLDS + 1

    def step() -> None:
        on_step(next(through), total)

    rows_by_photo = []
    for example in examples:
        rows_by_photo.append(list(_rows(example, examples, rng)))
        step()
    predictors = _fitted([row for rows in rows_by_photo for row in rows], fit)
    step()
    return Harmonizer(ColorModel(*predictors, _gate(rows_by_photo, fit, step)), len(examples))
