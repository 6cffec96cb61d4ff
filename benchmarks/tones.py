"""Measure how toned scenes are recognized, and how closely an object takes their tone.

    python benchmarks/tones.py PHOTOS [--tone-every 50]

PHOTOS is a folder. First, names all photos that are found to be toned. Then makes toned scenes of
every 50th other photo, pastes the middle of the photo in color, and harmonizes. Prints how many
tones are found, and how far the object's colors are from the tone's at their lightness.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.harmonize import Harmonized, harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import builtin
from nst_pipeline.vision.harmonize.tone import find_tone
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.shapes import Matte, Rgb

TONES = {
    "black and white": ((0, 0), (0, 0)),
    "faint warm tint": ((1, 3), (1, 3)),
    "sepia": ((4, 16), (4, 16)),
    "strong orange": ((10, 35), (10, 35)),
    "selenium": ((6, -6), (1, 2)),
    "cold shadows, warm lights": ((-2, -12), (3, 14)),
}
"""LAB's a and b in black, and in white."""
QUALITIES = {"PNG": 0, "JPEG 90": 90, "JPEG 75": 75, "JPEG 60": 60}
VISIBLE = 2.0
"""LAB units."""


def tone_scene(photo: Rgb, tone: str) -> Rgb:
    """Tone a photo."""
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    lab = to_lab(np.repeat(gray[..., None], 3, axis=2))
    lab[..., 1:] = np.float32(TONES[tone][0]) + lab[..., :1] / 100 * np.float32(
        np.subtract(*reversed(TONES[tone]))
    )
    return to_rgb(lab)


def store(image: Rgb, quality: int) -> Rgb:
    """Store as JPEG, and read again; nothing is lost if the quality is 0."""
    if quality == 0:
        return image
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def color_error(image: Rgb, matte: Matte, tone: str) -> NDArray[np.float32]:
    """Compute the distances of the object's colors from the tone's, LAB units."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    true, own = to_lab(tone_scene(ramp, tone))[0], to_lab(image)[matte > 0]
    off = [own[:, n] - np.interp(own[:, 0], true[:, 0], true[:, n]) for n in (1, 2)]
    return np.hypot(*off).astype(np.float32)


def middle(photo: Rgb) -> Matte:
    """Mark an ellipse in a photo's middle, with a soft edge."""
    height, width = photo.shape[:2]
    matte = np.zeros((height, width), np.float32)
    cv2.ellipse(matte, (width // 2, height // 2), (width // 5, height // 5), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(matte, (5, 5), 0), np.float32)


def report(name: str, photos: list[Rgb], run: Callable[[Rgb, Matte], Harmonized]) -> None:
    """Print the figures of one way to store toned scenes."""
    missed, errors = dict.fromkeys(TONES, 0), []
    for photo in photos:
        matte = middle(photo)
        for tone in TONES:
            scene = store(tone_scene(photo, tone), QUALITIES[name])
            result = run(recompose(scene, matte, photo), matte)
            if result.tone is None:
                missed[tone] += 1
            else:
                errors.append(color_error(result.image, matte, tone))
    total = len(photos) * len(TONES)
    rms = [float(np.sqrt((each**2).mean())) for each in errors]
    near = np.mean([(each < VISIBLE).mean() for each in errors])
    print(
        f"{name}: {len(errors)} of {total} found; rms error median {np.median(rms):.2f}, "
        f"largest {max(rms):.2f}; {near:.1%} of pixels within {VISIBLE:.0f} units; "
        f"missed { ({tone: count for tone, count in missed.items() if count}) }"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--tone-every", type=int, default=50)
    arguments = parser.parse_args()
    photos: list[Rgb] = []
    paths = sorted(path for path in arguments.photos.iterdir() if path.is_file())
    for number, path in enumerate(paths):
        photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        tone = find_tone(photo, np.zeros(photo.shape[:2], np.float32))
        if tone is not None:
            print(f"{path.name}: {tone.kind}")
        elif number % arguments.tone_every == 0:
            photos.append(photo)
    print(f"{len(paths)} photos")
    harmonizer, settings = builtin(), HarmonizeSettings()
    for name in QUALITIES:
        report(
            name,
            photos,
            lambda image, matte: harmonize(image, matte, settings, harmonizer=harmonizer),
        )


if __name__ == "__main__":
    main()
