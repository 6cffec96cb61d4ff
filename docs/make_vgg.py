"""Write docs/images/vgg.webp: pictures optimized over VGG's features, beside Magenta's.

    nst --data FOLDER samples && nst --data FOLDER run
    python docs/make_vgg.py FOLDER

FOLDER is the collection, whose first composite is shown in the last row. The other photos come from
scikit-image and scikit-learn. The settings are the defaults; the network is the one that `auto`
finds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import Settings
from nst_pipeline.storage.pictures import read_matte, read_picture
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.object_ring import object_ring
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg import load_vgg
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Rgb

PICTURE = Path(__file__).parent / "images" / "vgg.webp"
SETTINGS = Settings().vgg19
WIDTH_PX, HEIGHT_PX, LABEL_PX = 320, 240, 24
"""Size of a cell, and height of the label above it."""
WEBP_QUALITY = 90


def pairs() -> list[tuple[Rgb, Rgb]]:
    """Return contents with their styles, (height, width, 3) uint8 RGB."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    china, flower = (load_sample_image(f"{name}.jpg") for name in ("china", "flower"))
    return [
        (data.astronaut(), data.immunohistochemistry()),
        (china, flower),
        (data.coffee(), china),
        (data.chelsea(), flower),
    ]


def cell(picture: Rgb, label: str) -> Rgb:
    """Fit a picture into a white cell with a line of text above it."""
    scale = min(WIDTH_PX / picture.shape[1], HEIGHT_PX / picture.shape[0])
    small = resize(picture, round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    made = np.full((LABEL_PX + HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    top = LABEL_PX + (HEIGHT_PX - small.shape[0]) // 2
    left = (WIDTH_PX - small.shape[1]) // 2
    made[top : top + small.shape[0], left : left + small.shape[1]] = small
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(made, label, (8, 17), font, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return made


def row(pictures: Sequence[tuple[Rgb, str]]) -> Rgb:
    """Lay labeled pictures side by side."""
    return np.hstack([cell(*each) for each in pictures])


def artistic_row(content: Rgb, style: Rgb) -> Rgb:
    """Show a content and a style, and what VGG and Magenta make of them."""
    content, style = (shrink_to_fit(picture, 640) for picture in (content, style))
    vgg = load_vgg(SETTINGS)
    settings = SETTINGS.model_copy(update={"mode": "artistic"})
    optimized = stylize_vgg19(content, style, vgg, settings).image
    (painted,) = load_magenta().stylize([content], [style])
    return row(
        [
            (content, "content"),
            (style, "style"),
            (optimized, f"{vgg.name}, artistic"),
            (painted.astype(np.uint8, copy=False), "Magenta"),
        ]
    )


def photographic_row(collection: Path) -> Rgb:
    """Show a composite whose object was optimized toward its ring, and the pipeline's result."""
    folder = collection / "artifacts"
    path = min(each for each in (folder / "composites").glob("*.png") if each.name.count(".") == 1)
    composite, result = read_picture(path), read_picture(folder / "harmonized" / path.name)
    matte = read_matte(path.with_suffix(".mask.png"), composite)
    ring, vgg = object_ring(matte), load_vgg(SETTINGS)
    window = ring.window.slices
    made = []
    for mode in ("photographic", "artistic"):
        settings = SETTINGS.model_copy(update={"mode": mode})
        changed = composite.copy()
        part = composite[window]
        changed[window] = stylize_vgg19(
            part, part, vgg, settings, start_mask=ring.matte, style_mask=ring.mask
        ).image
        made.append((changed, f"{vgg.name}, {mode}"))
    shown = object_box(matte, 0.3).slices
    pictures = [(composite, "composite"), *made, (result, "harmonized")]
    return row([(picture[shown], label) for picture, label in pictures])


def main(collection: Path) -> None:
    """Write the sheet.

    Parameters
    ----------
    collection
        The collection with the composite.
    """
    sheet = np.vstack([*(artistic_row(*pair) for pair in pairs()), photographic_row(collection)])
    cv2.imwrite(str(PICTURE), sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
