"""Write sample photos for a first try, copied from installed packages without any download."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.files import write_atomically

_SKIMAGE = ("skimage", "data")
_SKLEARN = ("sklearn", "datasets/images")

_PHOTOS = {
    "objects/astronaut.png": (*_SKIMAGE, "astronaut.png"),
    "objects/coffee.png": (*_SKIMAGE, "coffee.png"),
    "objects/flower.jpg": (*_SKLEARN, "flower.jpg"),
    "objects/motorcycle.png": (*_SKIMAGE, "motorcycle_left.png"),
    "scenes/cafe table.png": (*_SKIMAGE, "coffee.png"),
    "scenes/garage.png": (*_SKIMAGE, "motorcycle_right.png"),
    "scenes/launch pad.jpg": (*_SKIMAGE, "rocket.jpg"),
    "scenes/pavement.png": (*_SKIMAGE, "brick.png"),
    "scenes/summer palace.jpg": (*_SKLEARN, "china.jpg"),
}
"""Path of each sample under the data root, and its package, folder and file name there."""

_BOXES = """\
image,x,y,width,height,label,height_m
coffee.png,78,12,404,376,cup,
flower.jpg,168,84,279,278,blossom,0.12
motorcycle.png,92,78,594,378,motorcycle,
"""
"""Drawn by hand, as users do for objects that the finders miss, and whose size nobody knows."""


def _placement(sticker: str, x: int, y: int, width: int, height: int) -> str:
    box = {"sticker": sticker, "x": x, "y": y, "width": width, "height": height}
    return f"{json.dumps([box])}\n"


_PLACEMENTS = {
    "cafe table": _placement("flower.jpg", 420, 215, 170, 172),
    "garage": _placement("astronaut.png", -6, 150, 292, 360),
    "launch pad": _placement("astronaut.png", -5, 110, 266, 328),
    "pavement": _placement("coffee.png", 286, 330, 86, 80),
    "summer palace": _placement("astronaut.png", -5, 118, 260, 320),
}
"""JSON by scene. Chosen by hand, as users may: the astronaut's photo ends at her waist, and the
pipeline places whole objects only."""

_README = """\
Sample photos, written by `nst samples`. Delete them when you add your own.

objects/astronaut.png       Eileen Collins; NASA, public domain
objects/coffee.png          Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0
  and scenes/cafe table.png
objects/flower.jpg          vultilion (flickr.com/photos/vultilion/6056698931), CC BY 2.0
objects/motorcycle.png      Middlebury 2014 stereo benchmark (Scharstein and others)
  and scenes/garage.png
scenes/launch pad.jpg       SpaceX, public domain
scenes/pavement.png         CC0Textures, Bricks25, CC0
scenes/summer palace.jpg    danielbuechele (flickr.com/photos/danielbuechele/6061409035), CC BY 2.0

Flower and palace come from the package scikit-learn, the others from scikit-image.
objects/boxes.csv shows how to give your own boxes, scenes/*.placements.json your own placements.
If you delete these files, the pipeline finds the objects and chooses the placements itself: of
whole objects, and only where a scene has a place for one.
"""


def _package_file(package: str, folder: str, name: str) -> bytes:
    """Read a file of an installed package without importing the package (which takes seconds)."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise NstError(f"the package {package} is not installed: install nst_pipeline again")
    return (Path(spec.origin).parent / folder / name).read_bytes()


def write_samples(root: UPath) -> list[UPath]:
    """Write sample photos into `objects` and `scenes` under a data root.

    Existing files are kept as they are.

    Parameters
    ----------
    root
        Folder or URL.

    Returns
    -------
    list of UPath
        The photos that were written; those that existed are not among them.

    Raises
    ------
    NstError
        A package that contains the photos is not installed.
    """
    texts = {"objects/boxes.csv": _BOXES, "SAMPLES.txt": _README}
    texts |= {f"scenes/{scene}.placements.json": text for scene, text in _PLACEMENTS.items()}
    for name, text in texts.items():
        if not (root / name).exists():
            write_atomically(root / name, text.encode())
    missing = [name for name in _PHOTOS if not (root / name).exists()]
    for name in missing:
        write_atomically(root / name, _package_file(*_PHOTOS[name]))
    return [root / name for name in missing]
