"""Print the figures of the network that comes with the package, on photos it was not trained on.

    python evaluate.py held_back.txt

For surfaces: the share of pixels with a known surface that get it. For scale: how far the size of a
meter is off at the feet of things of known height, which the scene shows.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from labels import possible_surfaces

from nst_pipeline.storage.pictures import read_picture
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.vision.place.layout import SURFACES
from nst_pipeline.vision.place.things import thing_named


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("held_back", type=Path)
    chosen = reader.parse_args()
    read, exact = load_layout_network(), possible_surfaces().sum(1) == 1
    right: dict[str, list[np.ndarray]] = defaultdict(list)
    off: dict[str, list[float]] = defaultdict(list)
    for name in chosen.held_back.read_text().split("\n"):
        path = Path(name)
        root = path.parent.parent
        layout = read(read_picture(path))
        found = layout.surfaces.argmax(0)
        side = found.shape[::-1]
        stored = cv2.imread(str(root / "surface" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        height, width = stored.shape
        true = cv2.resize(stored, side, interpolation=cv2.INTER_NEAREST)
        for number, surface in enumerate(SURFACES):
            right[surface].append((found == number)[true == number])
        right["all"].append((found == true)[exact[true]])
        for one in json.loads((root / "objects" / f"{path.stem}.json").read_text()):
            thing, (x, y, w, h) = thing_named(one["label"]), one["box"]
            row = min(int((y + h) / height * side[1]), side[1] - 1)
            column = min(int((x + w / 2) / width * side[0]), side[0] - 1)
            meter = np.log(h / height / thing.height_m)
            off[one["label"]].append(float(layout.log_meter[row, column]) - meter)
    for surface, each in right.items():
        hits = np.concatenate(each)
        if len(hits):
            print(f"{surface}: {hits.mean():.0%} of {len(hits)} cells")
    for label in ("person", "car", "chair", "bottle", "cup"):
        errors = np.array(off[label])
        near, middle = np.mean(np.abs(errors) <= np.log(1.5)), np.exp(np.median(errors))
        print(f"{label}: {near:.0%} of {len(errors)} within 1.5, median {middle:.2f}")


if __name__ == "__main__":
    main()
