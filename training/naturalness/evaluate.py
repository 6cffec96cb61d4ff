"""Measure the network of naturalness on photos that it did not learn from, and fit its calibration.

    python evaluate.py naturalness.onnx --data photos:0.5 --one-kind people:0.5 --composites made/
    python evaluate.py naturalness.onnx ... --judged judged.csv

judged.csv (picture,mask,percent) says how many of 100 people took a picture for a photograph.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from samples import Sample, Sampler, is_held_back
from train import parse_folder

from nst_pipeline.style.naturalness import see_factors
from nst_pipeline.style.onnx_network import load_onnx_network
from nst_pipeline.vision.naturalness.factors import FACTORS, SEEN, WHOLE

Rows = NDArray[np.float64]
_BATCH = 16


def area_under_curve(good: Rows, bad: Rows) -> float:
    """Compute the probability that a good value is above a bad one: the area under the ROC."""
    order = np.argsort(np.argsort(np.r_[good, bad], kind="stable"), kind="stable") + 1
    return float(
        (order[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad))
    )


def logits_of(samples: Sequence[Sample], path: Path) -> Rows:
    """Run the network, (samples, seen)."""
    network, found = load_onnx_network(path, remedy="export it again"), []
    for first in range(0, len(samples), _BATCH):
        part = samples[first : first + _BATCH]
        views = np.stack([each.pictures for each in part]).transpose(0, 1, 4, 2, 3)
        pictures = (views.astype(np.float32) - 127) / 128
        mattes = np.stack([each.mattes for each in part]).astype(np.float32) / 255
        found.append(network.run(pictures, mattes)[0])
    return np.concatenate(found).astype(np.float64)


def fit_logistic(inputs: Rows, target: Rows, *, floor: float, rounds: int = 4000) -> Rows:
    """Fit weights of at least `floor`, and a bias, by gradient descent; targets are 0..1."""
    columns = np.c_[inputs, np.ones(len(inputs))]
    weights = np.zeros(columns.shape[1])
    for _ in range(rounds):
        guess = 1 / (1 + np.exp(-columns @ weights))
        gradient = columns.T @ (guess - target) / len(target) + 1e-3 * np.r_[weights[:-1], 0]
        weights -= 0.1 * gradient
        weights[:-1] = np.maximum(weights[:-1], floor)
    return weights


def report(samples: Sequence[Sample], logits: Rows) -> None:
    """Print how well each factor, and all together, tell good from bad."""
    truth, kinds = np.stack([each.truth for each in samples]), np.array([s.kind for s in samples])
    pasted = ~np.isin(kinds, ["untouched", "made"])
    for number, name in enumerate(SEEN):
        among = pasted if name in FACTORS and name != "shadow" else np.ones(len(kinds), bool)
        good, bad = (logits[among & (truth[:, number] == value), number] for value in (1, 0))
        print(
            f"{name:10s} AUC {area_under_curve(good, bad):.3f}  ({len(good)} good, {len(bad)} bad)"
        )


def main() -> None:
    """Draw samples of photos that training left out, and print figures."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("network", type=Path)
    reader.add_argument("--data", nargs="*", type=parse_folder, default=[])
    reader.add_argument(
        "--one-kind", nargs="*", type=partial(parse_folder, one_kind=True), default=[]
    )
    reader.add_argument("--composites", nargs="*", type=Path, default=[])
    reader.add_argument("--judged", type=Path)
    reader.add_argument("--number", type=int, default=2000)
    chosen = reader.parse_args()
    folders = [*chosen.data, *chosen.one_kind]
    sampler = Sampler(folders, chosen.composites, lambda name: not is_held_back(name), 99)
    samples = [sampler.draw() for _ in range(chosen.number)]
    logits = np.clip(logits_of(samples, chosen.network), -6, 6)
    report(samples, logits)
    kinds = np.array([each.kind for each in samples])
    whole = np.stack([each.truth for each in samples])[:, SEEN.index(WHOLE)]
    half, known = np.arange(len(samples)) % 2 == 0, ~np.isnan(whole)
    weights = fit_logistic(logits[half & known], whole[half & known], floor=0.02)
    print("weights", dict(zip([*SEEN, "bias"], weights.round(3), strict=True)))
    total = logits @ weights[:-1] + weights[-1]
    untouched = total[~half & (kinds == "untouched")]
    for kind in ("other", "beside", "made"):
        of_kind = np.array([each.split(" ")[0] == kind for each in kinds])
        area = area_under_curve(untouched, total[~half & of_kind])
        print(f"untouched against {kind}: AUC {area:.3f}")
    pasted = np.array([each.split(" ")[0] != "untouched" and each != "made" for each in kinds])
    for name in ("cutout", "size", "place", "light", "sharpness", "seam"):
        column = np.stack([each.truth for each in samples])[:, SEEN.index(name)]
        good, bad = (total[~half & pasted & (column == value)] for value in (1, 0))
        print(f"naturalness, {name}: AUC {area_under_curve(good, bad):.3f}")
    if chosen.judged:
        judged(chosen.judged, chosen.network, weights)


def judged(table: Path, network: Path, weights: Rows) -> None:
    """Fit scale and bias to what people said, and print the rank correlation."""
    rows = list(csv.DictReader(table.open()))
    see = partial(see_factors, load_onnx_network(network, remedy="export it again"))
    totals, said = [], np.array([float(row["percent"]) / 100 for row in rows])
    for row in rows:
        picture = cv2.cvtColor(cv2.imread(row["picture"]), cv2.COLOR_BGR2RGB)
        mask = np.float32(cv2.imread(row["mask"], cv2.IMREAD_GRAYSCALE)) / 255
        seen = see(picture, mask)
        totals.append(float(np.clip([seen[n] for n in SEEN], -6, 6) @ weights[:-1]))
    values = np.array(totals)
    ranks = [np.argsort(np.argsort(each)) for each in (values, said)]
    print(f"rank correlation with people: {np.corrcoef(*ranks)[0, 1]:.3f} ({len(rows)} pictures)")
    scale, bias = fit_logistic(values[:, None], said, floor=0.02)
    print("scaled weights", tuple((scale * weights[:-1]).round(3)), "bias", round(float(bias), 3))


if __name__ == "__main__":
    main()
