"""Measure where and how large `placements` puts objects of known size, on photos that show one.

    python placing.py SET [--limit 40] [--sheet sheet.png]

SET has `photo/NAME.jpg`, `mask/NAME.png` (white on one object), and `labels.csv` (image,label). An
object of one photo is placed on each other one. What the scene's own object implies for its size,
by perspective with the camera at eye level, is the truth. The scene's own object is not given.
"""

from __future__ import annotations

import argparse
import csv
import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import Settings
from nst_pipeline.storage.pictures import read_matte, read_picture
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.vision.detect import find_obstacles
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.shapes import Box, Rgb

_EDGE_PX = 3
_EYE_LEVEL_M = 1.6
_COVERED = 0.02
"""Share of an object's mask from which it counts as covered."""
_CLEARANCE = 0.05
"""Of its height: how much lower the foot of what stands in front is."""


_LABELS = ("car", "person")


def _height_m(label: str) -> float:
    thing = thing_named(label)
    assert thing is not None
    return thing.height_m


@dataclass(frozen=True)
class Case:
    """A photo with one object of known label.

    Attributes
    ----------
    name, label
        The photo's name, and what its object is.
    photo
        (height, width, 3) uint8 RGB.
    mask
        (height, width) bool.
    box
        Around the mask.
    """

    name: str
    label: str
    photo: Rgb
    mask: np.ndarray
    box: Box

    @property
    def whole(self) -> bool:
        """Whether no edge cuts the object."""
        height, width = self.mask.shape
        box = self.box
        inside = box.x > _EDGE_PX and box.right < width - _EDGE_PX
        return inside and box.y > _EDGE_PX and box.bottom < height - _EDGE_PX

    def implied_height(self, label: str, foot: float) -> float:
        """Compute the height, in pixels, of an object whose foot is in this row."""
        horizon = self.box.bottom - self.box.height * _EYE_LEVEL_M / _height_m(self.label)
        return (foot - horizon) / _EYE_LEVEL_M * _height_m(label)


def read_cases(folder: Path) -> list[Case]:
    """Read the photos of a set whose object has a known height and is whole."""
    with (folder / "labels.csv").open(newline="") as file:
        labels = {row["image"]: row["label"] for row in csv.DictReader(file)}
    cases = []
    for path in sorted((folder / "photo").iterdir()):
        label = labels.get(path.stem, "")
        if label not in _LABELS:
            continue
        photo = read_picture(path)
        mask = read_matte(folder / "mask" / f"{path.stem}.png", photo) > 0.5
        x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
        case = Case(path.stem, label, photo, mask, Box(x, y, width, height))
        if case.whole and height >= 0.08 * len(mask):
            cases.append(case)
    return cases


def place(scene: Case, other: Case, settings: Settings) -> Box | None:
    """Place another photo's object on a scene, as the pipeline does."""
    box = other.box
    # Cut-outs of small photos would be refused for lack of pixels; their size is not at issue here.
    sticker = LibrarySticker(
        f"{other.name}.0", other.name, 4 * box.width, 4 * box.height, 0.9, label=other.label
    )
    obstacles = find_obstacles(scene.photo, settings.detection, networks=network_finders(settings))
    layout = load_layout_network()(scene.photo)
    planned = plan(
        scene.photo, layout, [sticker], obstacles, settings.placement, scene_key=scene.name
    ).planned
    return planned[0].placement.box if planned else None


def main() -> None:
    """Print the figures of a set."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("set", type=Path)
    reader.add_argument("--limit", type=int, default=40)
    reader.add_argument("--sheet", type=Path)
    reader.add_argument("--held-back", type=Path)
    chosen = reader.parse_args()
    settings, cases = Settings(), read_cases(chosen.set)
    if chosen.held_back:
        names = {Path(line).stem for line in chosen.held_back.read_text().splitlines()}
        cases = [each for each in cases if each.name in names]
    draw = random.Random(15)
    draw.shuffle(cases)
    cases = cases[: chosen.limit]
    ratios, hits, cells = [], [], []
    for number, scene in enumerate(cases):
        other = cases[(number + 7) % len(cases)]
        box = place(scene, other, settings)
        picture = scene.photo.copy()
        own = scene.box
        cv2.rectangle(picture, (own.x, own.y), (own.right, own.bottom), (255, 0, 0), 1)
        if box is not None:
            true = scene.implied_height(other.label, box.bottom)
            ratios.append(box.height / max(true, 1))
            covered = scene.mask[box.clipped(*scene.mask.shape[::-1]).slices]
            covers = covered.sum() / scene.mask.sum() > _COVERED
            in_front = box.bottom > own.bottom + _CLEARANCE * own.height
            hits.append((covers, covers and not in_front))
            cv2.rectangle(picture, (box.x, box.y), (box.right, box.bottom), (0, 255, 0), 2)
            cv2.putText(picture, f"{ratios[-1]:.2f}", (3, 12), 0, 0.4, (255, 255, 0), 1)
        cells.append(cv2.resize(picture, (256, 256)))
    ratio = np.array(ratios)
    right = np.abs(np.log(ratio)) <= np.log(1.5)
    print(f"{len(cases)} scenes, {len(ratios)} placed")
    print(f"size within 1.5: {right.mean():.0%}, median {np.median(ratio):.2f}")
    covers, stands_in = np.mean(hits, axis=0)
    print(f"covers a part of the scene's own object: {covers:.0%}, stands in it: {stands_in:.0%}")
    if chosen.sheet:
        cells += [np.zeros_like(cells[0])] * (-len(cells) % 8)
        rows = [np.hstack(cells[n : n + 8]) for n in range(0, len(cells), 8)]
        cv2.imwrite(str(chosen.sheet), np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()
