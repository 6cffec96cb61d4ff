"""Measure the network of naturalness on photos that it did not learn from.

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
from samples import FAULTS, Sample, Sampler, is_held_back
from train import parse_folder

from nst_pipeline.style.naturalness import see_factors
from nst_pipeline.style.onnx_network import load_onnx_network
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.naturalness.factors import FACTORS, SEEN, naturalness
from nst_pipeline.vision.naturalness.views import naturalness_views

Rows = NDArray[np.float64]


def area_under_curve(good: Rows, bad: Rows) -> float:
    """Compute the probability that a good value is above a bad one: the area under the ROC."""
    order = np.argsort(np.argsort(np.r_[good, bad], kind="stable"), kind="stable") + 1
    return float(
        (order[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad))
    )


def logits_of(samples: Sequence[Sample], path: Path) -> Rows:
    """Run the network on both looks at each sample, (samples, seen)."""
    network = load_onnx_network(path, remedy="export it again")
    seen = (
        see_factors(network, each.pictures, each.mattes.astype(np.float32) / 255)
        for each in samples
    )
    return np.array([[each[name] for name in SEEN] for each in seen])


def truths(samples: Sequence[Sample], name: str) -> Rows:
    """Return what is true of one of `SEEN`: 1, 0 or NaN."""
    return np.array([each.truth[SEEN.index(name)] for each in samples])


def report_outputs(samples: Sequence[Sample], logits: Rows) -> None:
    """Print how well each output of the network tells good from bad."""
    pasted = np.array([each.kind not in ("untouched", "made") for each in samples])
    for number, name in enumerate(SEEN):
        among = pasted if name in FACTORS and name != "shadow" else np.ones(len(pasted), bool)
        truth = truths(samples, name)
        good, bad = (logits[among & (truth == value), number] for value in (1, 0))
        area = area_under_curve(good, bad)
        print(f"{name:10s} AUC {area:.3f}  ({len(good)} good, {len(bad)} bad)")


def report_naturalness(samples: Sequence[Sample], probability: Rows) -> None:
    """Print how well naturalness tells photos from composites, and what has one fault from none."""
    kinds = [each.kind.partition(" ")[::2] for each in samples]
    bases, faults = (np.array(each) for each in zip(*kinds, strict=True))
    untouched = probability[bases == "untouched"]
    for base in ("other", "beside", "made"):
        if (bases == base).any():
            area = area_under_curve(untouched, probability[bases == base])
            print(f"untouched against {base}: AUC {area:.3f}")
    for fault in FAULTS:
        areas, counts = [], []
        for base in ("over", "along", "beside", "other"):
            good, bad = (probability[(bases == base) & (faults == each)] for each in ("", fault))
            if len(good) and len(bad):
                areas.append(area_under_curve(good, bad))
                counts.append(len(bad))
        if counts:
            area = np.average(areas, weights=counts)
            print(f"no fault against {fault}: AUC {area:.3f} ({sum(counts)})")


def report_judged(table: Path, network: Path) -> None:
    """Print how naturalness agrees with what people said, and how scale and bias would fit it."""
    rows, see = list(csv.DictReader(table.open())), load_onnx_network(network, remedy="export it")
    said = np.array([float(row["percent"]) / 100 for row in rows])
    found = []
    for row in rows:
        picture = cv2.cvtColor(cv2.imread(row["picture"]), cv2.COLOR_BGR2RGB)
        matte = np.float32(cv2.imread(row["mask"], cv2.IMREAD_GRAYSCALE)) / 255
        height = object_box(matte).height / len(matte)
        found.append(
            naturalness(see_factors(see, *naturalness_views(picture, matte)), height).probability
        )
    probability = np.array(found)
    ranks = [np.argsort(np.argsort(each)) for each in (probability, said)]
    print(f"people: rank correlation {np.corrcoef(*ranks)[0, 1]:.3f} ({len(rows)} pictures)")
    print(f"mean {probability.mean():.3f}, people {said.mean():.3f}")


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
    sampler = Sampler(
        folders, chosen.composites, lambda name: not is_held_back(name), 99, both_looks=True
    )
    samples = [sampler.draw() for _ in range(chosen.number)]
    logits = logits_of(samples, chosen.network)
    report_outputs(samples, logits)
    heights = [(each.mattes[0] > 25).any(1).mean() for each in samples]
    probability = [
        naturalness(dict(zip(SEEN, row, strict=True)), height).probability
        for row, height in zip(logits.tolist(), heights, strict=True)
    ]
    report_naturalness(samples, np.array(probability))
    values, counts = np.unique(probability, return_counts=True)
    print(f"most frequent value: {values[counts.argmax()]}, {counts.max() / len(samples):.1%}")
    if chosen.judged:
        report_judged(chosen.judged, chosen.network)


if __name__ == "__main__":
    main()
