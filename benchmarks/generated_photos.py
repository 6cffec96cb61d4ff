"""Writes a collection of small generated photos: textured, and with objects that are clear.

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
"""What is blue counts as water, on which nothing stands."""
_GRAIN = 4.0
"""Standard deviation of the pixel noise, levels: a camera's, so that nothing looks painted."""


def _texture(rng: np.random.Generator, height: int, width: int, cells: int) -> NDArray[np.float32]:
    """Cloudy noise, -1..1: coarse patches with finer ones on them."""
    total = np.zeros((height, width), np.float32)
    for octave in range(4):
        side = cells * 2**octave
        patches = rng.uniform(-1, 1, (side, side)).astype(np.float32)
        grown = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
        total += grown / 2**octave
    return total / np.abs(total).max()


def _colored(
    rng: np.random.Generator,
    texture: NDArray[np.float32],
    spread: float,
    near: tuple[int, int, int] = (125, 125, 125),
) -> NDArray[np.float32]:
    """A texture around a color that is not far from `near`, levels."""
    color = np.array(near) + rng.uniform(-40, 40, 3)
    return (color + spread * texture[..., np.newaxis]).astype(np.float32)


def _finished(rng: np.random.Generator, picture: NDArray[np.float32]) -> Rgb:
    noisy = picture + rng.normal(0, _GRAIN, picture.shape)
    return round_to_uint8(noisy)


def _object_photo(rng: np.random.Generator, width: int, height: int) -> tuple[Rgb, Rgb]:
    """A photo with one blob of another texture in its middle, and the blob's mask."""
    behind = _colored(rng, _texture(rng, height, width, 3), 25)
    blob = _colored(rng, _texture(rng, height, width, 8), 60)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = np.arctan2(y - height / 2, x - width / 2)
    radius = np.hypot((x - width / 2) / (0.22 * width), (y - height / 2) / (0.34 * height))
    mask = radius < 1 + 0.12 * np.sin(rng.integers(3, 7) * angle + rng.uniform(0, 6))
    picture = _finished(rng, np.where(mask[..., np.newaxis], blob, behind))
    return picture, mask.astype(np.uint8) * 255


def _scene(rng: np.random.Generator, width: int, height: int) -> Rgb:
    """Sky over textured ground, which is darker: its horizon shows."""
    horizon = round(_HORIZON * height)
    sky = _colored(rng, _texture(rng, height, width, 2), 12, near=_SKY)
    ground = _colored(rng, _texture(rng, height, width, 4), 14, near=_EARTH)
    return _finished(rng, np.concatenate([sky[:horizon], ground[horizon:]]))


def write_collection(root: Path, scenes: int, objects: int, side: int) -> None:
    """Write photos `side` pixels wide into the inboxes under `root`; the same ones every time."""
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
