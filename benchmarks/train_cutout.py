"""Train the pixel classifier for cut-outs on photos with known masks, and cross-validate it.

    python benchmarks/train_cutout.py --photos FOLDER --masks FOLDER [--write]

A photo and its mask have the same name (masks are PNG, white on the object). The box is the mask's
bounding box. Masks that fill their box have no outline: they are scored, but not used for
training. Prints the cross-validated scores. With --write, a classifier trained on all photos
replaces the package's `pixel_classifier.npz`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout.cut_out import crop_around
from nst_pipeline.vision.cutout.features import FeatureMaps, compute_features
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.cutout.neighborhood import Neighborhood, extract_neighborhood
from nst_pipeline.vision.cutout.pixel_classifier import PixelClassifier, piecewise_linear_basis
from nst_pipeline.vision.cutout.segment import mask_from_probability
from nst_pipeline.vision.shapes import Mask

_FOLDS, _SEED = 5, 0
_PIXELS_PER_PHOTO = 500
_INVERSE_REGULARIZATION = 0.001
"""scikit-learn's C. Three times as much is no better; thirty times as much loses 0.003 of IoU."""
_RECTANGLE_SHARE = 0.985
"""A mask that fills more than this of its box counts as a rectangle."""
_TOLERANCE_PX = 2
"""Outlines up to this far apart agree."""


@dataclass(frozen=True)
class Example:
    """A photo's features and its true mask."""

    neighborhood: Neighborhood
    features: FeatureMaps
    mask: Mask
    """At the size of the crop."""
    boxed_mask: Mask
    """(box height, box width), at the size of the features."""
    is_rectangle: bool


def read_example(photo_path: Path, mask_path: Path) -> Example:
    """Read a photo and its mask, and compute the features as the pipeline does."""
    photo = cv2.cvtColor(cv2.imread(str(photo_path)), cv2.COLOR_BGR2RGB)
    mask = cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE) > 127
    crop = crop_around(photo, bounding_box(mask), CutoutSettings().work_side)
    neighborhood = extract_neighborhood(crop.image, crop.box)
    cropped = mask[crop.source_box.slices]
    scaled = cv2.resize(cropped.astype(np.float32), neighborhood.image.shape[1::-1]) > 0.5
    filled = mask.sum() / (crop.box.width * crop.box.height)
    return Example(
        neighborhood,
        compute_features(neighborhood),
        cropped,
        scaled[neighborhood.box.slices],
        filled > _RECTANGLE_SHARE,
    )


def fit(examples: list[Example]) -> PixelClassifier:
    """Fit a classifier to equally many pixels of each photo whose mask is not a rectangle."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(_SEED)
    names = list(examples[0].features)
    rows, truth = [], []
    for each in (example for example in examples if not example.is_rectangle):
        pixels = rng.integers(0, each.boxed_mask.size, _PIXELS_PER_PHOTO)
        rows.append(np.stack([each.features[name].ravel()[pixels] for name in names], -1))
        truth.append(each.boxed_mask.ravel()[pixels])
    table = np.concatenate(rows)
    means, stds = table.mean(0), table.std(0) + 1e-6
    basis = piecewise_linear_basis(table, means, stds).reshape(len(table), -1)
    center = basis.mean(0)
    regression = LogisticRegression(C=_INVERSE_REGULARIZATION, max_iter=80)
    regression.fit(basis - center, np.concatenate(truth))
    weights = regression.coef_[0]
    return PixelClassifier(
        np.array(names),
        means.astype(np.float32),
        stds.astype(np.float32),
        weights.reshape(len(names), -1).astype(np.float32),
        np.float32(regression.intercept_[0] - center @ weights),
    )


def _outline(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return levels - cv2.erode(levels, np.ones((3, 3), np.uint8))


def score(truth: Mask, found: Mask) -> tuple[float, float]:
    """Compute the intersection over union, and the F measure of the outlines."""
    iou = (truth & found).sum() / max((truth | found).sum(), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [2 * _TOLERANCE_PX + 1] * 2)
    ours, theirs = _outline(found.astype(np.uint8)), _outline(truth.astype(np.uint8))
    precision = (ours * cv2.dilate(theirs, disc)).sum() / max(ours.sum(), 1)
    recall = (theirs * cv2.dilate(ours, disc)).sum() / max(theirs.sum(), 1)
    return iou, 2 * precision * recall / max(precision + recall, 1e-6)


def cross_validate(examples: list[Example]) -> NDArray[np.float64]:
    """Compute IoU, outline F and expected IoU of each photo, (photos, 3).

    Each photo is scored by a classifier that was trained without it. The pipeline reports the
    expected IoU as quality.
    """
    folds = np.random.default_rng(_SEED).permutation(len(examples)) % _FOLDS
    scores = np.zeros((len(examples), 3))
    for fold in range(_FOLDS):
        training = [each for each, other in zip(examples, folds, strict=True) if other != fold]
        classifier = fit(training)
        for index in np.flatnonzero(folds == fold):
            each = examples[index]
            probability = classifier.predict_probability(each.features)
            found, expected_iou = mask_from_probability(
                probability, each.neighborhood, each.mask.shape
            )
            scores[index] = (*score(each.mask, found), expected_iou)
    return scores


def _print_scores(name: str, scores: NDArray[np.float64]) -> None:
    iou, outline_f, expected_iou = scores.T
    correlation = spearmanr(expected_iou, iou).statistic
    print(
        f"{name:14s} {len(scores):4d} photos: IoU {iou.mean():.3f}, outline F "
        f"{outline_f.mean():.3f}, IoU < 0.5: {100 * (iou < 0.5).mean():.1f}%, quality: mean "
        f"{expected_iou.mean():.3f}, rank correlation with IoU {correlation:.3f}"
    )


def main() -> None:
    """Read the photos, cross-validate, and write the classifier if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--masks", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="replace the package's classifier")
    options = parser.parse_args()
    pairs = [
        (path, options.masks / f"{path.stem}.png") for path in sorted(options.photos.iterdir())
    ]
    examples = [read_example(*pair) for pair in pairs if pair[1].exists()]
    scores = cross_validate(examples)
    has_outline = np.array([not each.is_rectangle for each in examples])
    _print_scores("all", scores)
    _print_scores("with an outline", scores[has_outline])
    if options.write:
        fit(examples).save()


if __name__ == "__main__":
    main()
