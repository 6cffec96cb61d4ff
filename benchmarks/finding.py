"""Measure on photos with known boxes how people are found, and how objects are named.

    python benchmarks/finding.py people --photos FOLDER --boxes BOXES.csv
    python benchmarks/finding.py labels --photos FOLDER --boxes BOXES.csv

BOXES.csv has the columns image,x,y,width,height,label, in pixels. For `people`, boxes are labeled
`person`, or `ignore` around people that need not be found (too small, too much hidden); photos
without a row show nobody. For `labels`, a label may offer several words, as in `car|van`; an empty
one is a thing for which no word is right.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst_pipeline.settings import DetectionSettings, Settings
from nst_pipeline.storage.pictures import list_pictures
from nst_pipeline.style.finding.labels import name_objects
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.shapes import Box, Detection, Rgb

_MATCH_IOU = 0.5
"""A found person and a drawn one are the same from this intersection over union on."""
_IGNORED_INSIDE = 0.6
"""A found person that lies this far inside an `ignore` box counts neither way."""
_LIMITS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_MAX_MEGAPIXELS = 100.0


@dataclass(frozen=True)
class Drawn:
    """A box that somebody drew, and its label."""

    box: Box
    label: str


def read_boxes(path: Path) -> dict[str, list[Drawn]]:
    """Read the drawn boxes by photo."""
    boxes = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            box = Box(*(round(float(row[name])) for name in ("x", "y", "width", "height")))
            boxes[row["image"]].append(Drawn(box, row["label"]))
    return boxes


def read_photo(path: Path) -> Rgb:
    """Decode a photo."""
    return decode_photo(path.read_bytes(), name=path.name, max_megapixels=_MAX_MEGAPIXELS)


def _inside(box: Box, outer: Box) -> bool:
    width = min(box.right, outer.right) - max(box.x, outer.x)
    height = min(box.bottom, outer.bottom) - max(box.y, outer.y)
    area = max(box.width * box.height, 1)
    return max(width, 0) * max(height, 0) / area >= _IGNORED_INSIDE


def judge_people(found: list[Detection], drawn: list[Drawn]) -> list[tuple[float, bool]]:
    """Return score and rightness of each found person that counts, best first."""
    left = [each.box for each in drawn if each.label == "person"]
    ignored = [each.box for each in drawn if each.label == "ignore"]
    judged = []
    for person in sorted(found, key=lambda each: -each.score):
        overlaps = [intersection_over_union(person.box, box) for box in left]
        if overlaps and max(overlaps) >= _MATCH_IOU:
            del left[int(np.argmax(overlaps))]
            judged.append((person.score, True))
        elif not any(_inside(person.box, box) for box in ignored):
            judged.append((person.score, False))
    return judged


def measure_people(photos: Path, boxes: dict[str, list[Drawn]]) -> None:
    """Print recall and precision at several scores, and false alarms on photos without people."""
    judged, alarms, empty = [], [], 0
    settings = DetectionSettings(methods=["people"], min_score=_LIMITS[0], max_objects=20)
    networks = network_finders(Settings(detection=settings))
    for path in list_pictures(photos):
        found = detect(read_photo(path), settings, networks=networks)
        drawn = boxes.get(path.name, [])
        if drawn:
            judged += judge_people(found, drawn)
        else:
            empty += 1
            alarms.append(max((each.score for each in found), default=0.0))
    total = sum(each.label == "person" for every in boxes.values() for each in every)
    print(f"{len(boxes)} photos with {total} people, {empty} photos without")
    print("score  recall  precision  photos with a false alarm")
    for limit in _LIMITS:
        kept = [right for score, right in judged if score >= limit]
        alarm = np.mean(np.array(alarms) >= limit) if alarms else float("nan")
        precision = np.mean(kept) if kept else float("nan")
        print(f"{limit:5.1f}  {sum(kept) / max(total, 1):6.3f}  {precision:9.3f}  {alarm:.3f}")


def measure_labels(photos: Path, boxes: dict[str, list[Drawn]]) -> None:
    """Print how many objects are named, and how many of these rightly, at several probabilities."""
    guesses = []
    for path in list_pictures(photos):
        drawn = boxes.get(path.name, [])
        unnamed = [Detection(each.box, "object", 1.0, "sidecar") for each in drawn]
        named = name_objects(read_photo(path), unnamed, min_probability=0)
        guesses += [
            (each.guess.probability, each.guess.word in truth.label.split("|"))
            for each, truth in zip(named, drawn, strict=True)
            if each.guess is not None
        ]
    print(f"{len(guesses)} objects\nprobability  named  of these right")
    for limit in _LIMITS:
        kept = [right for probability, right in guesses if probability >= limit]
        right = np.mean(kept) if kept else float("nan")
        print(f"{limit:11.1f}  {len(kept) / max(len(guesses), 1):5.2f}  {right:.2f}")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["people", "labels"])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--boxes", type=Path, required=True)
    arguments = parser.parse_args()
    measure = measure_people if arguments.what == "people" else measure_labels
    measure(arguments.photos, read_boxes(arguments.boxes))


if __name__ == "__main__":
    main()
