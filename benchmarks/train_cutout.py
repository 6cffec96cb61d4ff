"""Learn the weights of the cut-out's clues from photos with known masks, and cross-validate them.

    python benchmarks/train_cutout.py --photos FOLDER --masks FOLDER [--write]

A photo and its mask have the same name (masks: PNG, white is the object); the box is the mask's.
Masks that are their own box are no outlines: they are reported, but not learned from. Needs
scikit-learn. Prints the figures of photos that a fold's model has not seen; with --write, the
model of all photos replaces the package's `chance.npz`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout.cut_out import work_picture
from nst_pipeline.vision.cutout.features import Clues, all_clues
from nst_pipeline.vision.cutout.masks import mask_box
from nst_pipeline.vision.cutout.neighborhood import View, view_of
from nst_pipeline.vision.cutout.probability import ChanceModel, bends
from nst_pipeline.vision.cutout.segment import mask_from_chance
from nst_pipeline.vision.shapes import Mask

_FOLDS, _PIXELS_PER_PHOTO, _SEED = 5, 500, 0
_REGULARIZATION = 0.001
"""scikit-learn's C. Three times more is no better, thirty times more loses 0.003 of IoU."""
_RECTANGLE = 0.985
"""A mask that fills more of its box is the box."""
_TOLERANCE = 2
"""Outlines this near to each other agree, pixels."""


@dataclass(frozen=True)
class Example:
    """A photo's clues and the truth: `mask` in the crop, `inside` in the view's box."""

    view: View
    clues: Clues
    mask: Mask
    inside: Mask
    is_rectangle: bool


def read_example(photo_path: Path, mask_path: Path) -> Example:
    """Make a photo's clues as the pipeline does."""
    photo = cv2.cvtColor(cv2.imread(str(photo_path)), cv2.COLOR_BGR2RGB)
    mask = cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE) > 127
    work, box, crop, _ = work_picture(photo, mask_box(mask), CutoutSettings().work_side)
    view = view_of(work, box)
    size = view.picture.shape[1::-1]
    shrunk = cv2.resize(mask[crop.slices].astype(np.float32), size) > 0.5
    filled = mask.sum() / (box.width * box.height)
    return Example(
        view, all_clues(view), mask[crop.slices], shrunk[view.box.slices], filled > _RECTANGLE
    )


def fit(examples: list[Example]) -> ChanceModel:
    """Fit to the same number of pixels of each photo that is no rectangle."""
    from sklearn.linear_model import LogisticRegression

    drawn = np.random.default_rng(_SEED)
    names = list(examples[0].clues)
    rows, truth = [], []
    for each in (example for example in examples if not example.is_rectangle):
        pixels = drawn.integers(0, each.inside.size, _PIXELS_PER_PHOTO)
        rows.append(np.stack([each.clues[name].ravel()[pixels] for name in names], -1))
        truth.append(each.inside.ravel()[pixels])
    table = np.concatenate(rows)
    means, spreads = table.mean(0), table.std(0) + 1e-6
    bent = bends(table, means, spreads).reshape(len(table), -1)
    center = bent.mean(0)
    solver = LogisticRegression(C=_REGULARIZATION, max_iter=80)
    solver.fit(bent - center, np.concatenate(truth))
    weights = solver.coef_[0]
    return ChanceModel(
        np.array(names),
        means.astype(np.float32),
        spreads.astype(np.float32),
        weights.reshape(len(names), -1).astype(np.float32),
        np.float32(solver.intercept_[0] - center @ weights),
    )


def _outline(mask: np.ndarray) -> np.ndarray:
    return mask - cv2.erode(mask, np.ones((3, 3), np.uint8))


def score(truth: Mask, found: Mask) -> tuple[float, float]:
    """Intersection over union, and F of the outlines."""
    overlap = (truth & found).sum() / max((truth | found).sum(), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [2 * _TOLERANCE + 1] * 2)
    ours, theirs = _outline(found.astype(np.uint8)), _outline(truth.astype(np.uint8))
    precision = (ours * cv2.dilate(theirs, disc)).sum() / max(ours.sum(), 1)
    recall = (theirs * cv2.dilate(ours, disc)).sum() / max(theirs.sum(), 1)
    return overlap, 2 * precision * recall / max(precision + recall, 1e-6)


def cross_validated(examples: list[Example]) -> np.ndarray:
    """(photos, 3): IoU, outline's F and quality, each from a model that has not seen the photo."""
    folds = np.random.default_rng(_SEED).permutation(len(examples)) % _FOLDS
    results = np.zeros((len(examples), 3))
    for fold in range(_FOLDS):
        model = fit([each for each, its in zip(examples, folds, strict=True) if its != fold])
        for index in np.flatnonzero(folds == fold):
            each = examples[index]
            chance = model.chance(each.clues)
            mask, quality = mask_from_chance(chance, each.view, each.mask.shape)
            results[index] = (*score(each.mask, mask), quality)
    return results


def _print_figures(name: str, results: np.ndarray) -> None:
    overlap, outline, quality = results.T
    order = spearmanr(quality, overlap).statistic
    print(
        f"{name:14s} {len(results):4d} photos: IoU {overlap.mean():.3f}, outline F "
        f"{outline.mean():.3f}, IoU < 0.5: {100 * (overlap < 0.5).mean():.1f}%, quality: mean "
        f"{quality.mean():.3f}, rank correlation with IoU {order:.3f}"
    )


def main() -> None:
    """Read, cross-validate, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--masks", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    pairs = [(path, asked.masks / f"{path.stem}.png") for path in sorted(asked.photos.iterdir())]
    examples = [read_example(*pair) for pair in pairs if pair[1].exists()]
    results = cross_validated(examples)
    drawn = np.array([not each.is_rectangle for each in examples])
    _print_figures("all", results)
    _print_figures("not rectangles", results[drawn])
    if asked.write:
        fit(examples).save()


if __name__ == "__main__":
    main()
