"""Write docs/images/sheet.webp: the most natural composites of a collection; print its credits.

    python docs/make_sheet.py FOLDER SOURCES.csv

Each scene and each object photo is there once, and no object photo is one of the scenes, so that
each picture can be judged alone. SOURCES has the columns photo, address and license, by file name.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.storage.records import PlacementRecord, Placements

DOCS = Path(__file__).parent
COUNT, COLUMNS = 24, 4
TILE_PX = (400, 300)
"""Largest width and height of a picture."""
GAP_PX = 8
WEBP_QUALITY = 85


@dataclass(frozen=True)
class Composite:
    """A result: its key, the scene photo's path, the placement, and its naturalness."""

    key: str
    scene: str
    placement: PlacementRecord
    naturalness: float


def composites(workspace: Workspace) -> list[Composite]:
    """List the results with one object, the most natural first."""
    scenes, found = workspace.index("scenes").photos, []
    for key, row in workspace.catalog.latest("harmonized").items():
        if row.status != "ok":
            continue
        placed = workspace.store.record(Placements, "placements", key)
        if len(placed) == 1:
            (placement,) = placed
            seen = float(row.figures["naturalness"])
            found.append(Composite(key, scenes[key].path, placement, seen))
    return sorted(found, key=lambda each: -each.naturalness)


def choose(found: list[Composite], count: int) -> list[Composite]:
    """Take the most natural ones that share no photo with one before."""
    chosen: list[Composite] = []
    shown: set[str] = set()
    for each in found:
        photos = {each.scene, each.placement.photo}
        if not photos & shown:
            chosen.append(each)
            shown |= photos
    return chosen[:count]


def _tile(workspace: Workspace, each: Composite, number: int) -> np.ndarray:
    """Shrink a result, and write its number below."""
    width, height = TILE_PX
    picture = workspace.store.picture("harmonized", each.key)[..., :3]
    scale = min(width / picture.shape[1], height / picture.shape[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((height + 28, width + GAP_PX, 3), 255, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    place = (2, small.shape[0] + 18)
    cv2.putText(tile, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (90,) * 3, 1, cv2.LINE_AA)
    return tile


def _credit(photo: str, sources: dict[str, dict[str, str]]) -> str:
    known = sources[Path(photo).name]
    return f"[{Path(photo).stem.lstrip('0')}]({known['address']}) ({known['license']})"


def main() -> None:
    """Lay the pictures out, and list what they are made of."""
    workspace = open_workspace(UPath(sys.argv[1]))
    with Path(sys.argv[2]).open(encoding="utf-8", newline="") as file:
        sources = {row["photo"]: row for row in csv.DictReader(file)}
    found = composites(workspace)
    chosen = choose(found, COUNT)
    tiles = [_tile(workspace, each, number) for number, each in enumerate(chosen, start=1)]
    rows = [np.hstack(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]
    sheet = np.vstack(
        [
            np.pad(row, ((0, 0), (0, rows[0].shape[1] - row.shape[1]), (0, 0)), constant_values=255)
            for row in rows
        ]
    )
    _, data = cv2.imencode(".webp", sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    (DOCS / "images/sheet.webp").write_bytes(data.tobytes())
    lines = [
        f"| {number} | {each.placement.label} | {_credit(each.scene, sources)} "
        f"| {_credit(each.placement.photo, sources)} | {each.naturalness:.2f} |"
        for number, each in enumerate(chosen, start=1)
    ]
    head = ["| | object | scene | object's photo | naturalness |", "|---|---|---|---|---|"]
    count = f"{len(chosen)} of {len(found)} composites"
    sys.stdout.write("\n".join([count, *head, *lines, ""]))


if __name__ == "__main__":
    main()
