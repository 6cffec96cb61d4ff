"""Write docs/images/methods.webp: every harmonizing method on the samples' composites.

    NST_DATA=FOLDER nst samples && NST_DATA=FOLDER nst run
    python docs/make_methods.py FOLDER model.npz

FOLDER is the collection; model.npz a harmonizer that `nst calibrate` wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.storage.pictures import read_matte, read_picture
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, load
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb

PICTURE = Path(__file__).parent / "images" / "methods.webp"
METHODS = ("untouched", "ring", "model", "magenta", "painted", "auto")
WIDTH, HEIGHT, LABEL = 240, 200, 24
MARGIN = 0.35
"""Of the scene around the object, as a share of its longer side."""
QUALITY = 88


def composites_of(artifacts: Path) -> Iterator[tuple[Rgb, Matte, str]]:
    """The samples' composites, their mattes, and what the scenes are; one of them painted."""
    made = [
        (read_picture(path), path.with_suffix(".mask.png"))
        for path in sorted(artifacts.glob("*.png"))
        if path.name.count(".") == 1
    ]
    pairs = [(composite, read_matte(mask, composite)) for composite, mask in made]
    for composite, matte in pairs:
        yield composite, matte, "photo"
    composite, matte = pairs[-1]
    painted = load_magenta().stylize([composite], [pairs[0][0]])[0]
    yield recompose(np.asarray(painted, np.uint8), matte, composite), matte, "painting"


def detail(picture: Rgb, matte: Matte) -> Rgb:
    """The object and what is around it, on white, at the size of a cell."""
    part = picture[object_box(matte, MARGIN).slices]
    scale = min(WIDTH / part.shape[1], HEIGHT / part.shape[0])
    small = resize(part, round(part.shape[1] * scale), round(part.shape[0] * scale))
    cell = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    cell[top : top + small.shape[0], left : left + small.shape[1]] = small
    return cell


def row(composite: Rgb, matte: Matte, look: str, harmonizer: Harmonizer) -> Rgb:
    """All methods' results on one composite, side by side; what `auto` chose is written above."""
    cells = []
    for method in METHODS:
        # To paint an object is to take the scene for a painting.
        seen_as = "painting" if method == "painted" else look
        settings = HarmonizeSettings.model_validate({"method": method, "look": seen_as})
        proposals = proposals_for(composite, matte, Settings(), method)
        result = harmonize(composite, matte, settings, harmonizer=harmonizer, proposals=proposals)
        told = f"auto: {result.chosen}" if method == "auto" else method
        cells.append(labeled(detail(result.image, matte), told))
    return np.hstack(cells)


def labeled(cell: Rgb, text: str) -> Rgb:
    """A cell with a line of text above it."""
    head = np.full((LABEL, cell.shape[1], 3), 255, np.uint8)
    cv2.putText(head, text, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([head, cell])


def main(data: Path, model: Path) -> None:
    """Write the picture."""
    harmonizer = load(model)
    cases = composites_of(data / "artifacts/composites")
    sheet = np.vstack([row(*case, harmonizer) for case in cases])
    options = [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
    cv2.imwrite(str(PICTURE), sheet[..., ::-1], options)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
