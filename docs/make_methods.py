"""Write docs/images/methods.webp: the harmonizing methods side by side, on the sample composites.

    nst --data FOLDER samples && nst --data FOLDER run
    python docs/make_methods.py FOLDER model.npz

FOLDER is the collection. `nst calibrate` writes model.npz.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.storage.pictures import read_matte, read_picture
from nst_pipeline.style.light_reader import read_lights
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.light.reading import Reading
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, load
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb

PICTURE = Path(__file__).parent / "images" / "methods.webp"
METHODS = ("untouched", "ring", "model", "magenta", "painted", "light")
WIDTH_PX, HEIGHT_PX, LABEL_PX = 240, 200, 24
"""Size of a cell, and height of the label above it."""
MARGIN = 0.35
"""What a cell shows around the object, as a fraction of the object's longer side."""
WEBP_QUALITY = 88


@dataclass(frozen=True)
class Sample:
    """A sample composite.

    Attributes
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    light
        Light of the object's own photo.
    look
        Value of `harmonize.look`.
    """

    composite: Rgb
    matte: Matte
    light: Reading | None
    look: str = "photo"


def read_light_of(artifacts: Path, key: str) -> Reading | None:
    """Return the light of the own photo of a composite's sticker, by the scene's key."""
    (place,) = json.loads((artifacts / f"placements/{key}.json").read_text("utf-8"))
    records = json.loads((artifacts / f"stickers/{place['object_key']}.json").read_text("utf-8"))
    return next(each.get("light") for each in records if each["sticker"] == place["sticker"])


def read_samples(artifacts: Path) -> Iterator[Sample]:
    """Read the sample composites, and paint the scene of the last one.

    Parameters
    ----------
    artifacts
        The collection's artifacts.
    """
    folder, samples = artifacts / "composites", []
    for path in [each for each in sorted(folder.glob("*.png")) if each.name.count(".") == 1]:
        composite = read_picture(path)
        matte = read_matte(path.with_suffix(".mask.png"), composite)
        samples.append(Sample(composite, matte, read_light_of(artifacts, path.stem)))
    yield from samples
    last = samples[-1]
    painted = load_magenta().stylize([last.composite], [samples[0].composite])[0]
    scene = recompose(np.asarray(painted, np.uint8), last.matte, last.composite)
    yield replace(last, composite=scene, look="painting")


def crop_to_cell(picture: Rgb, matte: Matte) -> Rgb:
    """Crop a picture to the object and its surroundings, and fit it into a white cell."""
    part = picture[object_box(matte, MARGIN).slices]
    scale = min(WIDTH_PX / part.shape[1], HEIGHT_PX / part.shape[0])
    small = resize(part, round(part.shape[1] * scale), round(part.shape[0] * scale))
    cell = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    top, left = (HEIGHT_PX - small.shape[0]) // 2, (WIDTH_PX - small.shape[1]) // 2
    cell[top : top + small.shape[0], left : left + small.shape[1]] = small
    return cell


def label_cell(cell: Rgb, text: str) -> Rgb:
    """Add a line of text above a cell."""
    head = np.full((LABEL_PX, cell.shape[1], 3), 255, np.uint8)
    cv2.putText(head, text, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([head, cell])


def compare_methods(sample: Sample, harmonizer: Harmonizer) -> Rgb:
    """Lay the results of all methods for one composite side by side."""
    cells, composite, matte = [], sample.composite, sample.matte
    lights = read_lights(sample.light, composite, matte)
    for method in METHODS:
        # Painting an object implies that the scene is a painting.
        look = "painting" if method == "painted" else sample.look
        settings = HarmonizeSettings.model_validate({"method": method, "look": look})
        proposals = proposals_for(composite, matte, Settings(harmonize=settings))
        result = harmonize(
            composite, matte, settings, harmonizer=harmonizer, proposals=proposals, lights=lights
        )
        cells.append(label_cell(crop_to_cell(result.image, matte), method))
    return np.hstack(cells)


def main(data: Path, model: Path) -> None:
    """Write the picture, one row per composite.

    Parameters
    ----------
    data
        The collection.
    model
        The color model's file.
    """
    harmonizer = load(model)
    samples = read_samples(data / "artifacts")
    sheet = np.vstack([compare_methods(each, harmonizer) for each in samples])
    options = [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY]
    cv2.imwrite(str(PICTURE), sheet[..., ::-1], options)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
