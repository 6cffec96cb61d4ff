"""Measure whether naturalness tells photos from composites, good cut-outs from bad, and sizes.

    python naturalness.py SET [--held-back names.txt]

SET has `photo/NAME.*`, `mask/NAME.png` (white on one object), and `labels.csv` (image,label). Each
object is cut out from its box, and from a box that is off, and pasted on another photo of the set,
where `placements` wants it; there also at twice its size.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nst_pipeline.settings import Settings
from nst_pipeline.storage.pictures import read_matte, read_picture
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.cutout.cut_out import cut_out
from nst_pipeline.vision.cutout.sticker import crop_sticker
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import Planned, assess, plan
from nst_pipeline.vision.shapes import Box, Detection, Mask, Placement, Rgb, Rgba

_GOOD_IOU, _BAD_IOU = 0.85, 0.65
_SMALLEST, _LARGEST = 0.03, 0.6
"""Share of the photo that an object covers."""
_OFF = 0.35
"""Of a box's side: how far a bad box is off."""


@dataclass(frozen=True)
class _Subject:
    name: str
    photo: Rgb
    mask: Mask
    label: str


@dataclass(frozen=True)
class _Cut:
    pixels: Rgba
    quality: float
    iou: float


def _subjects(folder: Path, names: set[str] | None) -> Iterator[_Subject]:
    photos = {path.stem: path for path in sorted((folder / "photo").iterdir())}
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["image"]
            if name not in photos or (names is not None and name not in names):
                continue
            photo = read_picture(photos[name])
            mask = read_matte(folder / "mask" / f"{name}.png", photo) > 0.5
            if _SMALLEST < mask.mean() < _LARGEST:
                yield _Subject(name, photo, mask, row["label"])


def _cut(subject: _Subject, box: Box) -> _Cut | None:
    found = cut_out(
        subject.photo,
        Detection(box, subject.label, 1.0, "sidecar"),
        Settings().cutout,
        network=load_cutout_network(),
    )
    covered = found.matte > 0.5
    if not covered.any():
        return None
    iou = float((covered & subject.mask).sum() / (covered | subject.mask).sum())
    pixels, _ = crop_sticker(found)
    return _Cut(pixels, found.quality, iou)


def _cuts(subject: _Subject, rng: np.random.Generator) -> tuple[_Cut | None, _Cut | None]:
    """Cut an object out well and badly; None where it did not come out like that."""
    height, width = subject.mask.shape
    box = object_box(subject.mask.astype(np.float32))
    across, down = (round(rng.choice([-_OFF, _OFF]) * side) for side in (box.width, box.height))
    off = replace(box, x=box.x + across, y=box.y + down).clipped(width, height)
    good, bad = _cut(subject, box), _cut(subject, off) if off.width and off.height else None
    return (
        good if good and good.iou >= _GOOD_IOU else None,
        bad if bad and bad.iou <= _BAD_IOU else None,
    )


def _sticker(subject: _Subject, cut: _Cut) -> LibrarySticker:
    height, width = cut.pixels.shape[:2]
    return LibrarySticker("it", "it", width, height, cut.quality, label=subject.label)


def _assess(scene: _Subject, subject: _Subject, cut: _Cut, box: Box) -> float:
    """Rate a place as if a person had chosen it."""
    layout, settings = load_layout_network()(scene.photo), Settings().placement
    return assess(scene.photo, layout, _sticker(subject, cut), box, [], settings)


def _planned(scene: _Subject, subject: _Subject, cut: _Cut) -> Planned | None:
    """Find the place that `placements` wants."""
    sticker = _sticker(subject, cut)
    settings = Settings().placement.model_copy(update={"min_plausibility": 0.05})
    layout = load_layout_network()(scene.photo)
    found = plan(scene.photo, layout, [sticker], [], settings, scene_key=scene.name)
    return found.planned[0] if found.planned else None


def _judge(scene: Rgb, box: Box, cut: _Cut, plausibility: float) -> float:
    """Paste a cut-out, and judge the composite."""
    made = compose(
        scene, [(Placement("it", box, False), cut.pixels)], shadow=Settings().placement.shadow
    )
    found = judge_naturalness(
        made.image, made.matte, quality=cut.quality, plausibility=plausibility
    )
    return found.probability


def _doubled(box: Box) -> Box:
    """Return a box of twice the size on the same foot."""
    return Box(box.x - box.width // 2, box.y - box.height, 2 * box.width, 2 * box.height)


def area_under_curve(good: list[float], bad: list[float]) -> float:
    """Compute the probability that a good value is above a bad one, ties counting half."""
    one, other = np.array(good)[:, None], np.array(bad)[None]
    return float((one > other).mean() + 0.5 * (one == other).mean())


@dataclass
class _Figures:
    untouched: list[float] = field(default_factory=list)
    pasted: list[float] = field(default_factory=list)
    doubled: list[float] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)

    def add(self, scene: _Subject, subject: _Subject, rng: np.random.Generator) -> None:
        """Judge a photo, and what another photo's object makes of it."""
        good, bad = _cuts(subject, rng)
        self.untouched.append(judge_naturalness(scene.photo, np.float32(scene.mask)).probability)
        planned = _planned(scene, subject, good) if good else None
        if good is None or planned is None:
            return
        box = planned.placement.box
        plausibility = _assess(scene, subject, good, box)
        self.pasted.append(_judge(scene.photo, box, good, plausibility))
        doubled = _doubled(box)
        of_doubled = _assess(scene, subject, good, doubled)
        self.doubled.append(_judge(scene.photo, doubled, good, of_doubled))
        if bad is not None:
            height, width = bad.pixels.shape[:2]
            of_bad = Box(
                box.x,
                box.bottom - height * box.width // width,
                box.width,
                height * box.width // width,
            )
            self.bad.append(_judge(scene.photo, of_bad, bad, plausibility))

    def report(self) -> None:
        """Print the areas under the curves."""
        pasted = [*self.pasted, *self.doubled, *self.bad]
        for name, good, bad in (
            ("untouched against pasted", self.untouched, self.pasted),
            ("good against bad cut-outs", self.pasted, self.bad),
            ("right against doubled size", self.pasted, self.doubled),
        ):
            area = area_under_curve(good, bad)
            print(f"{name}: AUC {area:.3f} ({len(good)} and {len(bad)})")
        every = np.array([*self.untouched, *pasted])
        most = np.unique(every, return_counts=True)[1].max()
        print(f"most frequent value: {most} of {len(every)}")
        print(f"mean: untouched {np.mean(self.untouched):.2f}, pasted {np.mean(self.pasted):.2f}")


def main() -> None:
    """Judge photos of a set, and composites of them."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    reader.add_argument("--held-back", type=Path, help="text file: names of the photos to use")
    chosen = reader.parse_args()
    names = set(chosen.held_back.read_text().split()) if chosen.held_back else None
    subjects = list(_subjects(chosen.folder, names))
    rng, figures = np.random.default_rng(0), _Figures()
    for scene, subject in zip(subjects, rng.permutation(np.array(subjects, object)), strict=True):
        if scene.name != subject.name:
            figures.add(scene, subject, rng)
    figures.report()


if __name__ == "__main__":
    main()
