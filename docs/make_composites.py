"""Write docs/images/composites.webp: the most natural composites of a collection.

python docs/make_composites.py FOLDER

FOLDER is the data folder of a run, such as one with `scenes.variants = 6`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.storage.keys import photo_key
from nst_pipeline.storage.pictures import read_picture

PICTURE = Path(__file__).parent / "images" / "composites.webp"
COLUMNS, ROWS = 4, 6
PER_SCENE, PER_STICKER = 4, 2
"""Composites with the same scene, or the same sticker."""
LEAST_HEIGHT = 0.12
"""Of the scene's height: smaller objects are hardly seen on a sheet."""
WIDTH_PX, HEIGHT_PX, GAP_PX = 480, 320, 8
WEBP_QUALITY = 85


def _records(artifacts: Path, asset: str) -> dict[str, dict | list]:
    paths = (artifacts / asset).glob("*.json")
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def _cell(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    """Cut a picture to a cell's shape, with a point in view."""
    height, width = picture.shape[:2]
    scale = max(WIDTH_PX / width, HEIGHT_PX / height)
    size = (max(round(width * scale), WIDTH_PX), max(round(height * scale), HEIGHT_PX))
    large = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left = int(np.clip(x * scale - WIDTH_PX / 2, 0, size[0] - WIDTH_PX))
    top = int(np.clip(y * scale - HEIGHT_PX / 2, 0, size[1] - HEIGHT_PX))
    return large[top : top + HEIGHT_PX, left : left + WIDTH_PX]


def main() -> None:
    """Choose the composites, and lay them out."""
    artifacts = Path(sys.argv[1]) / "artifacts"
    results, placed = _records(artifacts, "harmonized"), _records(artifacts, "placements")
    scenes, stickers, cells = Counter(), Counter(), []
    for key in sorted(results, key=lambda key: -results[key]["naturalness"]):
        (place,) = placed[key]
        picture = read_picture(artifacts / "harmonized" / f"{key}.png")
        x, y, width, height = (place["box"][each] for each in ("x", "y", "width", "height"))
        is_small = height < LEAST_HEIGHT * picture.shape[0]
        if (
            is_small
            or scenes[photo_key(key)] == PER_SCENE
            or stickers[place["sticker"]] == PER_STICKER
        ):
            continue
        scenes[photo_key(key)] += 1
        stickers[place["sticker"]] += 1
        cells.append(_cell(picture, x + width / 2, y + height / 2))
        if len(cells) == COLUMNS * ROWS:
            break
    edge = [(0, GAP_PX), (0, GAP_PX), (0, 0)]
    framed = [np.pad(each, edge, constant_values=255) for each in cells]
    lines = [np.hstack(framed[at : at + COLUMNS]) for at in range(0, len(framed), COLUMNS)]
    sheet = np.vstack([line for line in lines if line.shape == lines[0].shape])
    _, data = cv2.imencode(".webp", sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    PICTURE.write_bytes(data.tobytes())


if __name__ == "__main__":
    main()
