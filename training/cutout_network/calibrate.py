"""Fit the weights with which the pipeline predicts a cut-out's quality.

    python calibrate.py held_back.txt FOLDER [FOLDER ...]

Uses photos that the network was not trained on, with boxes as people draw them, boxes that are
wrong, boxes around nothing, and what the finder `objects` finds. Prints the weights of
`QualityParameters`, and cross-validated figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from samples import list_photos
from scipy.optimize import minimize
from scipy.stats import spearmanr

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.style.cutout_network import BUILTIN, load_cutout_network
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.cutout.quality import FIGURES, logit
from nst_pipeline.vision.cutout.segmentation import CutoutNetwork
from nst_pipeline.vision.detect.objects import find_objects
from nst_pipeline.vision.shapes import Box, Detection, Mask, Rgb

SETTINGS = CutoutSettings(matting=False)
LOW, PASSING = 0.6, (0.5, 0.6, 0.65, 0.7, 0.75, 0.8)
Rows = list[tuple[list[float], float, int]]
"""Figures, IoU with the object that fits best, and number of the photo."""


def jittered(box: Box, spread: float, photo: Rgb, random: np.random.Generator) -> Box:
    """Move each side of a box by a share of its length."""
    moved = random.normal(0, spread, 4) * np.array([box.width, box.height] * 2)
    left, top = box.x + moved[0], box.y + moved[1]
    right, bottom = box.right + moved[2], box.bottom + moved[3]
    whole = Box(round(left), round(top), round(right - left), round(bottom - top))
    return whole.clipped(photo.shape[1], photo.shape[0])


def boxes_for(
    photo: Rgb, masks: list[Mask], network: CutoutNetwork, random: np.random.Generator
) -> Iterator[Box]:
    """Return boxes of every kind that the pipeline meets."""
    exact = bounding_box(masks[0])
    yield exact
    yield jittered(exact, 0.04, photo, random)
    yield jittered(exact, 0.15, photo, random)
    height, width = photo.shape[:2]
    size = random.uniform(0.15, 0.5, 2) * (width, height)
    corner = random.uniform(0, 1, 2) * ((width, height) - size)
    yield Box(*(int(value) for value in (*corner, *size)))
    yield from (found.box for found in find_objects(photo, network)[:2])


def collect(folders: list[Path], held_back: set[str], handle: str) -> Rows:
    """Cut out everything in the held-back photos, and compare with their masks."""
    network, random = load_cutout_network(handle), np.random.default_rng(7)
    rows: Rows = []
    photos = [each for folder in folders for each in list_photos(folder)]
    for number, each in enumerate(photo for photo in photos if str(photo.photo) in held_back):
        photo, alphas = each.read()
        masks = [np.asarray(alpha > 0.5) for alpha in alphas]
        everything = np.asarray(np.any(masks, axis=0))
        for box in boxes_for(photo, masks, network, random):
            detection = Detection(box, "object", 1.0, "objects")
            cutout = cut_out(photo, detection, SETTINGS, network=network)
            if not cutout.figures:
                continue
            found = cutout.matte > 0.5
            iou = max(
                (found & true).sum() / max((found | true).sum(), 1) for true in (*masks, everything)
            )
            rows.append(([cutout.figures[name] for name in FIGURES], float(iou), number))
    return rows


def fit(figures: NDArray[np.float64], iou: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit a logistic regression to shares, with weights that are not negative; bias last."""
    columns = np.column_stack([logit(figures), np.ones(len(figures))])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total = columns @ weights
        predicted = 1 / (1 + np.exp(-total))
        entropy = np.logaddexp(0, total) - iou * total
        return float(entropy.mean()), columns.T @ (predicted - iou) / len(iou)

    bounds = [(0, None)] * figures.shape[1] + [(None, None)]
    return minimize(loss, np.zeros(columns.shape[1]), jac=True, bounds=bounds).x


def main() -> None:
    """Collect, cross-validate and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("held_back", type=Path)
    reader.add_argument("folders", type=Path, nargs="+")
    reader.add_argument("--network", default=BUILTIN, help="as the setting `cutout.network`")
    reader.add_argument("--rows", type=Path, help="keep the figures in this .npz")
    chosen = reader.parse_args()
    held_back = set(chosen.held_back.read_text().splitlines())
    rows = collect(chosen.folders, held_back, chosen.network)
    figures = np.array([row[0] for row in rows])
    iou, photo = (np.array([row[i] for row in rows]) for i in (1, 2))
    if chosen.rows:
        np.savez(chosen.rows, figures=figures, iou=iou, photo=photo)
    predicted, folds = np.zeros(len(iou)), photo % 5
    for fold in range(5):
        weights = fit(figures[folds != fold], iou[folds != fold])
        total = logit(figures[folds == fold]) @ weights[:-1] + weights[-1]
        predicted[folds == fold] = 1 / (1 + np.exp(-total))
    print(f"{len(iou)} cut-outs, rank correlation {spearmanr(predicted, iou).statistic:.2f}")
    for limit in PASSING:
        passed = predicted >= limit
        low = 100 * (iou[passed] < LOW).mean()
        print(f"quality >= {limit}: {100 * passed.mean():.0f} % pass, {low:.1f} % of them < {LOW}")
    for name, weight in zip((*FIGURES, "bias"), fit(figures, iou), strict=True):
        print(f"    {name}: float = {weight:.3f}")


if __name__ == "__main__":
    main()
