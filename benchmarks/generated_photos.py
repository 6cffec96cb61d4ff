"""Write a collection of small generated photos: textured, with clearly visible objects.

Every object photo has a mask beside it; every scene has ground that a sticker can stand on.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.codecs import encode_jpeg
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Rgb

_QUALITY = 92
_HORIZON = 0.45
_SKY, _EARTH = (190, 200, 215), (125, 110, 70)
"""The ground is not blue, because blue ground counts as water, on which nothing stands."""
_GRAIN = 4.0
"""Standard deviation of the pixel noise, levels; like a camera's, so that nothing looks painted."""


def _texture(rng: np.random.Generator, height: int, width: int, cells: int) -> NDArray[np.float32]:
    """Make cloudy noise, -1..1: coarse patches overlaid with finer ones."""
    total = np.zeros((height, width), np.float32)
    for octave in range(4):
        side = cells * 2**octave
        patches = rng.uniform(-1, 1, (side, side)).astype(np.float32)
        enlarged = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
        total += enlarged / 2**octave
    return total / np.abs(total).max()


def _colored(
    rng: np.random.Generator,
    texture: NDArray[np.float32],
    contrast: float,
    near: tuple[int, int, int] = (125, 125, 125),
) -> NDArray[np.float32]:
    """Color a texture around a random color near `near`, levels."""
    color = np.array(near) + rng.uniform(-40, 40, 3)
    return (color + contrast * texture[..., np.newaxis]).astype(np.float32)


def _finished(rng: np.random.Generator, picture: NDArray[np.float32]) -> Rgb:
    noisy = picture + rng.normal(0, _GRAIN, picture.shape)
    return round_to_uint8(noisy)


def _object_photo(rng: np.random.Generator, width: int, height: int) -> tuple[Rgb, Rgb]:
    """Make a photo with one blob of another texture in its middle, and the blob's mask."""
    behind = _colored(rng, _texture(rng, height, width, 3), 25)
    blob = _colored(rng, _texture(rng, height, width, 8), 60)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = np.arctan2(y - height / 2, x - width / 2)
    radius = np.hypot((x - width / 2) / (0.22 * width), (y - height / 2) / (0.34 * height))
    mask = radius < 1 + 0.12 * np.sin(rng.integers(3, 7) * angle + rng.uniform(0, 6))
    picture = _finished(rng, np.where(mask[..., np.newaxis], blob, behind))
    return picture, mask.astype(np.uint8) * 255


def _scene(rng: np.random.Generator, width: int, height: int) -> Rgb:
    """Make a scene of sky over darker, textured ground, with a visible horizon."""
    horizon = round(_HORIZON * height)
    sky = _colored(rng, _texture(rng, height, width, 2), 12, near=_SKY)
    ground = _colored(rng, _texture(rng, height, width, 4), 14, near=_EARTH)
    return _finished(rng, np.concatenate([sky[:horizon], ground[horizon:]]))


def write_collection(root: Path, scenes: int, objects: int, side: int) -> None:
    """Write photos `side` pixels wide into the inboxes under `root`, always the same ones."""
    rng = np.random.default_rng(0)
    width, height = side, side * 3 // 4
    for folder in ("objects", "scenes"):
        (root / folder).mkdir(parents=True)
    for number in range(objects):
        photo, mask = _object_photo(rng, width, height)
        path = root / "objects" / f"object{number:03}.jpg"
        path.write_bytes(encode_jpeg(photo, _QUALITY))
        path.with_suffix(".mask.png").write_bytes(encode_png(mask))
    for number in range(scenes):
        path = root / "scenes" / f"scene{number:05}.jpg"
        path.write_bytes(encode_jpeg(_scene(rng, width, height), _QUALITY))
