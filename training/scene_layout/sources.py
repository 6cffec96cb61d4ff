"""Prepare labeled photos for training the scene layout, from local copies of public data sets.

    python sources.py coco PHOTOS FILE.json OUT          # COCO's instances: boxes and outlines
    python sources.py boxes PHOTOS LABELS OUT            # YOLO: NAME.txt, boxes of people (class 0)
    python sources.py maps PHOTOS MAPS NAMES.csv OUT     # NAME.png with class numbers
    python sources.py masks PHOTOS MASKS LABELS.csv OUT  # NAME.png, white on one object

NAMES.csv says what the numbers are (number,surface), LABELS.csv what the object is (image,label).

OUT gets `photo/NAME.jpg`, `surface/NAME.png` (see `labels.py`) and `objects/NAME.json`: a label, a
box in pixels and the rows of a foot for each object whose height is known.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from labels import COCO_SURFACES, NOT_A_THING, SETS, SOME_GROUND, STANDING_ON, UNKNOWN, surface

from nst_pipeline.vision.place.things import thing_named

SIDE_PX = 400
"""Longest side of stored photos; training sees 256 pixels."""
_UPRIGHT = 1.9
"""Height over width from which a box shows a person who stands, and whole."""
_EDGE_PX = 2
_COMPLETE = 40
"""A file with fewer categories does not name every thing in its photos."""
_FOOT_SHARE = 0.05
"""Of an object's height, below its foot: what it stands on."""


@dataclass(frozen=True)
class Known:
    """An object in a photo: label, box (x, y, width, height) in pixels, and its mask if known."""

    label: str
    box: tuple[float, float, float, float]
    mask: np.ndarray | None = None


def _draw(polygons: Sequence[Sequence[float]], height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    corners = [np.array(each, float).reshape(-1, 2).round().astype(np.int32) for each in polygons]
    cv2.fillPoly(mask, [each for each in corners if len(each) > 2], 1)
    return mask.astype(bool)


def _tells_scale(one: Known, height: int, width: int) -> bool:
    """Whether an object's height in the picture is that of the whole thing, seen from the side."""
    x, y, w, h = one.box
    whole = y > _EDGE_PX and y + h < height - _EDGE_PX and x > 0 and x + w < width
    if one.label == "person" and h < _UPRIGHT * w:
        return False
    return whole and thing_named(one.label) is not None and h >= 0.03 * height


def _mark_feet(surfaces: np.ndarray, objects: Iterable[Known], unlabeled: int) -> None:
    """Mark what objects stand on, just below their feet, where nothing else is known."""
    for one in objects:
        thing = thing_named(one.label)
        if thing is None or not thing.stands_on:
            continue
        x, y, w, h = one.box
        first = thing.stands_on[0]
        value = {"ground": SOME_GROUND, "floor": SOME_GROUND, "water": surface("water")}.get(first)
        if first == "table":
            value = STANDING_ON
        if value is None:
            continue
        top, bottom = round(y + h), round(y + h * (1 + _FOOT_SHARE)) + 1
        part = surfaces[top:bottom, max(0, round(x + w / 4)) : round(x + 3 * w / 4)]
        part[part == unlabeled] = value


def write(
    out: Path, name: str, photo: np.ndarray, surfaces: np.ndarray, objects: list[Known]
) -> None:
    """Write one photo with what is known of it, shrunk."""
    height, width = photo.shape[:2]
    scale = min(1.0, SIDE_PX / max(height, width))
    size = (round(width * scale), round(height * scale))
    for folder in ("photo", "surface", "objects"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(out / "photo" / f"{name}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 93])
    flat = cv2.resize(surfaces, size, interpolation=cv2.INTER_NEAREST)
    cv2.imwrite(str(out / "surface" / f"{name}.png"), flat)
    told = [
        {"label": one.label, "box": [round(v * scale, 1) for v in one.box]}
        for one in objects
        if _tells_scale(one, height, width)
    ]
    (out / "objects" / f"{name}.json").write_text(json.dumps(told))


def coco(photos: Path, file: Path, out: Path) -> None:
    """Prepare photos with COCO's instances."""
    data = json.loads(file.read_text())
    names = {each["id"]: each["name"] for each in data["categories"]}
    every = defaultdict(list)
    for each in data["annotations"]:
        every[each["image_id"]].append(each)
    complete = len(names) >= _COMPLETE
    files = {path.name: path for path in photos.rglob("*.jpg")}
    for image in data["images"]:
        path = files.get(Path(image["file_name"]).name)
        photo = None if path is None else cv2.imread(str(path))
        if photo is None or photo.shape[:2] != (image["height"], image["width"]):
            continue
        height, width = photo.shape[:2]
        unlabeled = NOT_A_THING if complete else UNKNOWN
        surfaces = np.full((height, width), unlabeled, np.uint8)
        objects = []
        # Tables first, then from large to small: what lies on a table belongs to itself.
        order = sorted(
            every[image["id"]],
            key=lambda one: (
                names[one["category_id"]] != "dining table",
                -one["bbox"][2] * one["bbox"][3],
            ),
        )
        for one in order:
            label = names[one["category_id"]]
            value = surface(COCO_SURFACES.get(label, "thing"))
            x, y, w, h = one["bbox"]
            if one.get("iscrowd") or not isinstance(one.get("segmentation"), list):
                surfaces[int(y) : int(y + h), int(x) : int(x + w)] = UNKNOWN
                continue
            mask = _draw(one["segmentation"], height, width)
            surfaces[mask] = value
            objects.append(Known(label, (x, y, w, h), mask))
        _mark_feet(surfaces, objects, unlabeled)
        write(out, Path(path.name).stem, photo, surfaces, objects)


def boxes(photos: Path, labels: Path, out: Path) -> None:
    """Prepare photos with boxes of people, as YOLO writes them."""
    for text in sorted(labels.glob("*.txt")):
        photo = cv2.imread(str(photos / f"{text.stem}.jpg"))
        if photo is None:
            continue
        height, width = photo.shape[:2]
        surfaces = np.full((height, width), UNKNOWN, np.uint8)
        objects = []
        for line in text.read_text().splitlines():
            x, y, w, h = (float(v) for v in line.split()[1:5])
            box = ((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)
            objects.append(Known("person", box))
            middle = (
                slice(int(box[1] + box[3] / 4), int(box[1] + 3 * box[3] / 4) + 1),
                slice(int(box[0] + 0.4 * box[2]), int(box[0] + 0.6 * box[2]) + 1),
            )
            surfaces[middle] = surface("person")
        _mark_feet(surfaces, [one for one in objects if _tells_scale(one, height, width)], UNKNOWN)
        write(out, text.stem, photo, surfaces, objects)


def maps(photos: Path, folder: Path, names: Path, out: Path) -> None:
    """Prepare photos whose every pixel has a class; classes without a row are unknown."""
    table = np.full(256, UNKNOWN, np.uint8)
    with names.open(newline="") as file:
        for row in csv.DictReader(file):
            name = row["surface"]
            table[int(row["number"])] = SETS[name] if name in SETS else surface(name)
    for path in sorted(photos.iterdir()):
        photo, classes = cv2.imread(str(path)), cv2.imread(str(folder / f"{path.stem}.png"), 0)
        if photo is None or classes is None or photo.shape[:2] != classes.shape:
            continue
        write(out, path.stem, photo, table[classes], [])


_ONE_OBJECT = {
    "tree": "foliage", "plant": "foliage", "foliage": "foliage", "bush": "foliage",
    "flower": "foliage", "building": "wall", "house": "wall", "rock": "rock", "car": "vehicle",
    "person": "person",
}  # fmt: skip


def masks(photos: Path, folder: Path, labels: Path, out: Path) -> None:
    """Prepare photos with the mask of one labeled object; the rest is unknown."""
    with labels.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        photo = cv2.imread(str(photos / f"{row['image']}.jpg"))
        if photo is None:
            photo = cv2.imread(str(photos / f"{row['image']}.png"))
        mask = cv2.imread(str(folder / f"{row['image']}.png"), 0)
        if photo is None or mask is None or row["label"] not in _ONE_OBJECT:
            continue
        surfaces = np.full(mask.shape, UNKNOWN, np.uint8)
        surfaces[mask > 127] = surface(_ONE_OBJECT[row["label"]])
        objects = []
        if row["label"] in ("car", "person") and (mask > 127).any():
            x, y, w, h = cv2.boundingRect((mask > 127).astype(np.uint8))
            objects.append(Known(row["label"], (x, y, w, h), mask > 127))
            _mark_feet(surfaces, objects, UNKNOWN)
        write(out, row["image"], photo, surfaces, objects)


COMMANDS = {
    "coco": (coco, ("photos", "file", "out")),
    "boxes": (boxes, ("photos", "labels", "out")),
    "maps": (maps, ("photos", "maps", "names", "out")),
    "masks": (masks, ("photos", "masks", "labels", "out")),
}


def main() -> None:
    """Prepare one source."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = reader.add_subparsers(dest="command", required=True)
    for name, (_, arguments) in COMMANDS.items():
        command = commands.add_parser(name)
        for argument in arguments:
            command.add_argument(argument, type=Path)
    chosen = vars(reader.parse_args())
    make, arguments = COMMANDS[chosen["command"]]
    make(*(chosen[argument] for argument in arguments))


if __name__ == "__main__":
    main()
