"""Measure finding and cutting out objects, on photos with known masks.

    python benchmarks/cutouts.py FOLDER [FOLDER ...] [--only NAMES.txt]

FOLDER holds `photo/NAME.*` and `mask/NAME.png` (white on the object). Each photo is cut out from
the box of its mask, and, if the object covers more than 5 % of it, without a box. Prints the IoU,
the F measure of the outlines at 2 px, how well `quality` predicts the IoU, and the time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from nst_pipeline.settings import Settings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.shapes import Detection, Mask, Rgb

SMALLEST_SHARE = 0.05
"""Objects that cover less of their photo are not looked for without a box."""
GOOD_IOU, POOR_IOU = 0.7, 0.6
_TOLERANCE_PX = 2
"""Outlines up to this far apart agree."""


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


def read_pairs(folder: Path, only: set[str]) -> Iterator[tuple[Rgb, Mask]]:
    """Read the photos of a folder with their masks."""
    for path in sorted((folder / "mask").glob("*.png")):
        photo = next((folder / "photo").glob(f"{path.stem.removesuffix('.0')}.*"))
        if only and str(photo) not in only:
            continue
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127
        yield cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB), mask


def measure_boxes(pairs: list[tuple[Rgb, Mask]], settings: Settings) -> None:
    """Cut each object out from its box, and print the figures."""
    network = load_cutout_network(settings.cutout.network)
    rows, started = [], time.perf_counter()
    for photo, mask in pairs:
        given = Detection(bounding_box(mask), "object", 1.0, "sidecar")
        cutout = cut_out(photo, given, settings.cutout, network=network)
        rows.append((*score(mask, cutout.matte > 0.5), cutout.quality))
    seconds = (time.perf_counter() - started) / len(pairs)
    iou, outline, quality = np.array(rows).T
    passed = quality >= settings.placement.min_quality
    print(
        f"from boxes: {len(pairs)} photos, IoU {iou.mean():.3f}, outline F {outline.mean():.3f}, "
        f"IoU < 0.5 in {100 * (iou < 0.5).mean():.1f} %, {seconds:.2f} s a photo"
    )
    print(
        f"quality: rank correlation {spearmanr(quality, iou).statistic:.2f}, passed "
        f"{100 * passed.mean():.0f} %, of these IoU < {POOR_IOU} in "
        f"{100 * (iou[passed] < POOR_IOU).mean():.1f} %"
    )


def measure_finding(pairs: list[tuple[Rgb, Mask]], settings: Settings) -> None:
    """Find and cut out each object without a box, and print the figures."""
    first, best, qualities, started = [], [], [], time.perf_counter()
    large = [pair for pair in pairs if pair[1].mean() > SMALLEST_SHARE]
    three = settings.detection.model_copy(update={"max_objects": 3})
    search = settings.model_copy(update={"detection": three})
    networks, network = network_finders(search), load_cutout_network(settings.cutout.network)
    for photo, mask in large:
        found = detect(photo, search.detection, networks=networks)
        cutouts = [cut_out(photo, each, settings.cutout, network=network) for each in found]
        ious = [score(mask, cutout.matte > 0.5)[0] for cutout in cutouts] or [0.0]
        first.append(ious[0])
        best.append(max(ious))
        qualities.append(cutouts[0].quality if cutouts else 0.0)
    seconds = (time.perf_counter() - started) / len(large)
    good = np.array(first) >= GOOD_IOU
    print(
        f"without: {len(large)} photos, IoU >= {GOOD_IOU} in {100 * good.mean():.0f} % (best of "
        f"three: {100 * (np.array(best) >= GOOD_IOU).mean():.0f} %), mean {np.mean(first):.3f}, "
        f"quality: rank correlation {spearmanr(qualities, first).statistic:.2f}, "
        f"{seconds:.2f} s a photo"
    )


def main() -> None:
    """Read the photos and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", type=Path, help="text file with the photos to use")
    options = parser.parse_args()
    only = set(options.only.read_text().split("\n")) if options.only else set()
    for folder in options.folders:
        print(folder.name)
        pairs = list(read_pairs(folder, only))
        measure_boxes(pairs, Settings())
        measure_finding(pairs, Settings())


if __name__ == "__main__":
    main()
