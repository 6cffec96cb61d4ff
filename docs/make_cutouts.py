"""Write docs/images/cutouts.webp: photos, and their cut-outs before and after a change.

    nst cutout --photos PHOTOS --out BEFORE     # with the former version
    nst cutout --photos PHOTOS --out AFTER      # with this one
    python docs/make_cutouts.py PHOTOS BEFORE AFTER

No box is given: what is cut out is what the pipeline finds. A photo in which nothing is found has
no cut-out, and its cell stays empty.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.storage.pictures import list_pictures, read_picture
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Rgb

PICTURE = Path(__file__).parent / "images" / "cutouts.webp"
COLUMNS, CELL_PX, GAP_PX = 4, 150, 6
"""Photos in a row, side of a cell, and space between photos."""
BACKGROUND = (120, 160, 120)
"""Behind a cut-out: a color that shows both white and black fringes."""
WEBP_QUALITY = 88


def read_cutout(path: Path) -> Rgb | None:
    """Lay a cut-out on the background color; None if there is none."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return None
    alpha = pixels[..., 3:].astype(np.float32) / 255
    laid = pixels[..., 2::-1] * alpha + np.array(BACKGROUND) * (1 - alpha)
    return np.asarray(np.rint(laid), np.uint8)


def fit_to_cell(picture: Rgb | None) -> Rgb:
    """Scale a picture into the middle of a cell."""
    cell = np.full((CELL_PX, CELL_PX, 3), BACKGROUND, np.uint8)
    if picture is None:
        return cell
    scale = CELL_PX / max(picture.shape[:2])
    small = resize(
        picture,
        max(round(picture.shape[1] * scale), 1),
        max(round(picture.shape[0] * scale), 1),
    )
    top, left = (CELL_PX - small.shape[0]) // 2, (CELL_PX - small.shape[1]) // 2
    cell[top : top + small.shape[0], left : left + small.shape[1]] = small
    return cell


def lay_out(photos: Path, before: Path, after: Path) -> Rgb:
    """Arrange photo, former and present cut-out of every photo."""
    tiles = []
    for path in list_pictures(photos):
        name = f"{path.stem}.png"
        shown = (read_picture(path), read_cutout(before / name), read_cutout(after / name))
        strip = np.hstack([fit_to_cell(each) for each in shown])
        tiles.append(np.pad(strip, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255))
    while len(tiles) % COLUMNS:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def main() -> None:
    """Read the three folders and write the picture."""
    photos, before, after = (Path(argument) for argument in sys.argv[1:4])
    sheet = lay_out(photos, before, after)
    cv2.imwrite(str(PICTURE), sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])


if __name__ == "__main__":
    main()
