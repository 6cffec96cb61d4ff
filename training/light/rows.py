"""Make training rows: photos with masks, each in several lights, described like any scene.

    python rows.py OUT.npz FOLDER [FOLDER ...]

A folder has `photo/NAME.jpg` and `mask/NAME.png` (or `NAME.0.png`, ...), as
`training/cutout_network/sources.py` writes them. Half of the descriptions leave out the object, the
other half a place elsewhere, as a pasted object covers it.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lights import DAYLIGHT, random_light, relight
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import to_linear
from nst_pipeline.vision.harmonize.light.description import describe_light
from nst_pipeline.vision.harmonize.light.regions import surroundings
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class RowParameters:
    """What the rows contain."""

    side_px: int = 384
    """Longest side of the photos."""
    lights: int = 8
    """Lights of each photo, beside its own."""
    pixels: int = 192
    """Pixels of the object, in its own light, on which a change is judged."""
    smallest_object_px: int = 150


ROWS = RowParameters()
Row = dict[str, NDArray[Any]]


def _read(photo: Path) -> tuple[Rgb, Matte] | None:
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


def rows_of(photo: Path, seed: int) -> list[Row]:
    """Make the rows of a photo: the first in its own light, the others in random ones."""
    read = _read(photo)
    if read is None or (inside := np.flatnonzero(read[1] > 0.5)).size < ROWS.smallest_object_px:
        return []
    (image, matte), rng = read, np.random.default_rng(seed)
    chosen = rng.choice(inside, ROWS.pixels, replace=inside.size < ROWS.pixels)
    pixels, linear = image.reshape(-1, 3)[chosen], to_linear(to_float(image))
    rows = []
    for light in (DAYLIGHT, *(random_light(rng) for _ in range(ROWS.lights))):
        place = matte if rng.random() < 0.5 else _elsewhere(matte, rng)
        shown, mean = relight(linear, light)
        around = surroundings(to_uint8(shown), place)
        if around is not None:
            description = describe_light(around.rgb, around.scene)
            rows.append({"x": description, "light": light.as_row(mean), "pixels": pixels})
    return rows


def _numbered(photo: tuple[int, str]) -> list[Row]:
    cv2.setNumThreads(1)
    number, path = photo
    return [{**row, "photo": np.int64(number)} for row in rows_of(Path(path), number)]


def main() -> None:
    """Make the rows of all photos, in all cores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--without", type=Path, help="text file of photos to leave out, one a line")
    options = parser.parse_args()
    without = set(options.without.read_text().splitlines()) if options.without else set()
    photos = [str(each) for folder in options.folders for each in sorted(folder.glob("photo/*"))]
    photos = [each for each in photos if each not in without]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(_numbered, enumerate(photos), chunksize=8)
        rows = [row for each in made for row in each]
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    np.savez_compressed(options.out, **columns)
    print(f"{len(rows)} rows of {len(np.unique(columns['photo']))} photos: {options.out}")


if __name__ == "__main__":
    main()
