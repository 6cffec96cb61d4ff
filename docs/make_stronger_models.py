"""Write docs/images/stronger-models.webp: what cut-out networks find in photos, side by side.

    python docs/make_stronger_models.py u2netp u2net isnet.onnx

Arguments are names of `nst models` that are on this machine, or files. The labels say how much
processor time each takes for a photo.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.style.zoo.cutout import cutout_network
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.shapes import Rgb

PICTURE = Path(__file__).parent / "images" / "stronger-models.webp"
WIDTH_PX, HEIGHT_PX, LABEL_PX = 150, 110, 18
"""Size of a cell, and height of the label above a row."""
BACKGROUND = (40, 120, 60)
"""Color behind what was found."""
WEBP_QUALITY = 80


def photos() -> list[Rgb]:
    """Return photos that packages contain."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    flower, temple = (load_sample_image(f"{name}.jpg") for name in ("flower", "china"))
    motorcycle = data.stereo_motorcycle()[0]
    return [data.astronaut(), data.chelsea(), data.coffee(), motorcycle, flower, temple]


def row(label: str, pictures: list[Rgb]) -> Rgb:
    """Lay pictures side by side below a label."""
    size = (WIDTH_PX, HEIGHT_PX)
    cells = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in pictures]
    heading = np.full((LABEL_PX, WIDTH_PX * len(cells), 3), 255, np.uint8)
    place = (4, LABEL_PX - 5)
    cv2.putText(heading, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([heading, np.hstack(cells)])


def main() -> None:
    """Run the networks that the command line names, and write the picture."""
    pictures = photos()
    rows = [row("photos", pictures)]
    for handle in sys.argv[1:]:
        network = cutout_network(handle)
        started, found = time.process_time(), []
        for photo in pictures:
            matte = network(photo, None)[..., None]
            found.append(round_to_uint8(matte * photo + (1 - matte) * np.float32(BACKGROUND)))
        seconds = (time.process_time() - started) / len(pictures)
        rows.append(row(f"{Path(handle).stem}: {seconds:.1f} s of processor time", found))
    encoded, content = cv2.imencode(
        ".webp", np.vstack(rows)[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY]
    )
    assert encoded
    PICTURE.write_bytes(content.tobytes())


if __name__ == "__main__":
    main()
