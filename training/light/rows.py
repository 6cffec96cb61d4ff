"""Make training rows: photos with masks, each in several lights, described like any scene.

    python rows.py OUT.npz FOLDER [FOLDER ...]

A folder has `photo/NAME.jpg` and `mask/NAME.png` (or `NAME.0.png`, ...), as
`training/cutout_network/sources.py` writes them. Half of the descriptions leave out the object, the
other half a place elsewhere, as a pasted object covers it. Beside the lights, an object is edited
in ways that no light has: with sliders, and toward the colors of another photo's object.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from lights import DAYLIGHT, random_light, relight
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.color_change import LabStatistics, lab_statistics
from nst_pipeline.vision.harmonize.light.change import to_linear
from nst_pipeline.vision.harmonize.light.description import (
    Colors,
    describe_light,
    describe_object,
)
from nst_pipeline.vision.harmonize.light.regions import surroundings
from nst_pipeline.vision.harmonize.model.distort import move_sliders, transfer_statistics
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class RowParameters:
    """What the rows contain."""

    side_px: int = 384
    """Longest side of the photos."""
    lights: int = 8
    """Lights of each photo, beside its own."""
    edits: int = 4
    """Edited objects of each photo; every second is edited with sliders."""
    edited_share: tuple[float, float] = (0.4, 1.0)
    """Share of the way to another object's colors."""
    edited_gain: tuple[float, float] = (0.5, 2.0)
    """Limits of the change of contrast on that way."""
    pixels: int = 192
    """Pixels of the object, in its own light, on which a change is judged."""
    smallest_object_px: int = 150


ROWS = RowParameters()
Row = dict[str, NDArray[Any]]
Pixels = NDArray[np.uint8]
PhotoWork = tuple[int, str, str]
"""A photo's number, its path, and that of another photo."""
Made = TypeVar("Made")


def read_pair(photo: Path) -> tuple[Rgb, Matte] | None:
    """Read a photo and the mask of its largest object; None if it has none of the photo's size."""
    image = cv2.imread(str(photo))
    folder = photo.parent.parent / "mask"
    paths = [folder / f"{photo.stem}.png", *sorted(folder.glob(f"{photo.stem}.*.png"))]
    masks = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths if path.is_file()]
    if image is None:
        return None
    masks = [mask for mask in masks if mask is not None and mask.shape == image.shape[:2]]
    if not masks:
        return None
    largest = max(masks, key=lambda mask: int((mask > 127).sum()))
    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    matte = to_float(np.asarray(largest, np.uint8))
    return shrink_to_fit(rgb, ROWS.side_px), shrink_to_fit(matte, ROWS.side_px)


def _elsewhere(matte: Matte, rng: np.random.Generator) -> Matte:
    """Move and scale an object's place."""
    height, width = matte.shape
    y, x = (np.flatnonzero((matte > 0).any(axis)) for axis in (1, 0))
    center, scale = np.array([x.mean(), y.mean()]), rng.uniform(0.5, 1.2)
    target = rng.uniform(0.15, 0.85, 2) * (width, height)
    matrix = np.column_stack([np.eye(2) * scale, target - scale * center])
    return np.asarray(cv2.warpAffine(matte, matrix, (width, height)), np.float32)


def _lit(image: Rgb, matte: Matte, pixels: Pixels, rng: np.random.Generator) -> list[Row]:
    """Make the rows of a photo in its own light, which is the first, and in random ones."""
    linear, rows = to_linear(to_float(image)), []
    for light in (DAYLIGHT, *(random_light(rng) for _ in range(ROWS.lights))):
        shown, mean = relight(linear, light)
        place = matte if rng.random() < 0.5 else _elsewhere(matte, rng)
        around, own = (surroundings(to_uint8(shown), each) for each in (place, matte))
        if around is None or own is None:
            continue
        rows.append(
            {
                "scene": describe_light(Colors.of(around.rgb), around.scene),
                "object": describe_object(Colors.of(own.rgb), own.inside),
                "light": light.as_row(mean),
                "pixels": pixels,
            }
        )
    return rows


def _edited(
    image: Rgb, matte: Matte, chosen: NDArray[np.intp], other: Rgb, rng: np.random.Generator
) -> list[Row]:
    """Make the rows of the object's edits; `other` is a sample of another object's pixels."""
    own = lab_statistics(to_lab(image), object_mask(matte))
    flat = to_lab(other[None])
    wanted: LabStatistics = lab_statistics(flat, np.ones(flat.shape[:2], np.bool_))
    change, rows = transfer_statistics(own, wanted), []
    change = replace(change, gain=np.clip(change.gain, *ROWS.edited_gain))
    for number in range(ROWS.edits):
        share = rng.uniform(*ROWS.edited_share)
        edited = move_sliders(image, rng) if number % 2 else change.scaled(share).apply(image)
        around = surroundings(edited, matte)
        if around is not None:
            description = describe_object(Colors.of(around.rgb), around.inside)
            rows.append({"object": description, "pixels": edited.reshape(-1, 3)[chosen]})
    return rows


def rows_of(photo: Path, other: Path, seed: int) -> tuple[list[Row], list[Row]]:
    """Make the rows of a photo in several lights, and of its object in the colors of others."""
    read, read_other = read_pair(photo), read_pair(other)
    if read is None or (inside := np.flatnonzero(read[1] > 0.5)).size < ROWS.smallest_object_px:
        return [], []
    (image, matte), rng = read, np.random.default_rng(seed)
    chosen = rng.choice(inside, ROWS.pixels, replace=inside.size < ROWS.pixels)
    lit = _lit(image, matte, image.reshape(-1, 3)[chosen], rng)
    if not lit or read_other is None or not (found := object_mask(read_other[1])).any():
        return lit, []
    return lit, _edited(image, matte, chosen, read_other[0][found], rng)


def _numbered(photo: PhotoWork) -> tuple[list[Row], list[Row]]:
    cv2.setNumThreads(1)
    number, path, other = photo
    lit, edited = rows_of(Path(path), Path(other), number)
    return tuple([{**row, "photo": np.int64(number)} for row in rows] for rows in (lit, edited))


def _columns(rows: list[Row]) -> Row:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def add_photos(parser: argparse.ArgumentParser) -> None:
    """Let a command take folders of photos, and a list of photos to leave out."""
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--without", type=Path, help="text file of photos to leave out, one a line")


def for_each_photo(options: argparse.Namespace, make: Callable[[PhotoWork], Made]) -> list[Made]:
    """Call a function for each photo with its number and another photo, in all cores."""
    without = set(options.without.read_text().splitlines()) if options.without else set()
    photos = [str(each) for folder in options.folders for each in sorted(folder.glob("photo/*"))]
    photos = [each for each in photos if each not in without]
    others = np.random.default_rng(0).permutation(photos).tolist()
    work = [(n, *each) for n, each in enumerate(zip(photos, others, strict=True))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(make, work, chunksize=8))


def main() -> None:
    """Make the rows of all photos, in all cores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    add_photos(parser)
    options = parser.parse_args()
    made = for_each_photo(options, _numbered)
    lit, edited = (_columns([row for each in made for row in each[part]]) for part in (0, 1))
    edits = {f"edited_{name}": column for name, column in edited.items()}
    np.savez_compressed(options.out, **lit, **edits)
    print(f"{len(lit['photo'])} rows of {len(np.unique(lit['photo']))} photos: {options.out}")


if __name__ == "__main__":
    main()
