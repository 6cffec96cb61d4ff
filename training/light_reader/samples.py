"""Training samples of the reader of light: a photo in two lights, and its object's colors."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1]))
from cutout_network.samples import Photo, bounds, list_photos
from light.lights import DAYLIGHT, Light, random_light, relight

from nst_pipeline.vision.harmonize.light.change import to_linear
from nst_pipeline.vision.harmonize.light.view import REACHES_PX, LightView, light_view
from nst_pipeline.vision.images.color import LUMINANCE
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.shapes import Matte, Rgb

SHAPE_PX = 64
"""Side of the picture of an object's own look."""
_PHOTO_PX = 200
"""Longest side of the photos; light has no details."""
_PIXELS = 256
"""Of the object, on which light is judged."""
_LEAST_SHARE, _MOST_SHARE = 0.012, 0.55
"""Of the photo: smaller objects tell little, larger ones leave no scene."""
_SOLID_ALPHA, _SOLID_PX, _LEAST_SOLID_PX = 0.8, 3, 60
_OWN_LIGHT_SHARE = (0.55, 0.1)
"""Of the first and the second view of a photo: in its own light, as most photos are."""
_CROP = 0.7
"""Largest share of what lies beyond the object that is cut off at each side."""


@dataclass(frozen=True)
class Folder:
    """Photos with masks, and their share of the samples."""

    folder: Path
    share: float


@dataclass(frozen=True)
class Shown:
    """A photo in a light.

    Attributes
    ----------
    view
        The scene without the object.
    pixels
        (n, 3) uint8, the object's colors, the same places in each light.
    own_light
        Whether it is the photo's own light.
    haze
        Whether there is haze in the light; then colors do not tell its strength.
    """

    view: LightView
    pixels: NDArray[np.uint8]
    own_light: bool
    haze: bool


@dataclass(frozen=True)
class Sample:
    """A photo in two lights.

    Attributes
    ----------
    lights
        The same photo in two lights, cropped differently.
    shape
        (2, side, side) float32: the object's lightness without mean and contrast, and its matte.
    folder
        Number of the folder.
    """

    lights: tuple[Shown, Shown]
    shape: NDArray[np.float32]
    folder: int


@dataclass(frozen=True)
class Object:
    """An object of a photo.

    Attributes
    ----------
    photo
        (height, width, 3) float32, linear light 0..1.
    matte
        (height, width) float32, 0..1.
    places
        (n,) flat indices of its pixels.
    shape
        As in `Sample`.
    """

    photo: NDArray[np.float32]
    matte: Matte
    places: NDArray[np.intp]
    shape: NDArray[np.float32]


def is_held_back(photo: Photo) -> bool:
    """Whether a photo is not trained on: one in ten, by its name."""
    name = "/".join(photo.photo.with_suffix("").parts[-3::2])
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 10 == 0


def _shape(linear: NDArray[np.float32], matte: Matte, solid: NDArray[np.bool_]) -> NDArray:
    light = np.log(np.maximum(linear @ LUMINANCE, 3e-3)).astype(np.float32)
    light = (light - light[solid].mean()) / (light[solid].std() + 0.15)
    left, top, right, bottom = bounds(matte) or (0, 0, *matte.shape[::-1])
    parts = (np.clip(light, -3, 3)[top:bottom, left:right], matte[top:bottom, left:right])
    size = (SHAPE_PX, SHAPE_PX)
    small = [cv2.resize(np.ascontiguousarray(p), size, interpolation=cv2.INTER_AREA) for p in parts]
    return np.stack(small)


def _read(photo: Photo, number: int) -> Object | None:
    """Read an object; None if it is too small or too large."""
    picture, alphas = photo.read()
    alpha = alphas[number]
    scale = min(_PHOTO_PX / max(alpha.shape), 1.0)
    size = (round(alpha.shape[1] * scale), round(alpha.shape[0] * scale))
    picture, alpha = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (picture, alpha))
    if not _LEAST_SHARE < (alpha > 0.5).mean() < _MOST_SHARE:
        return None
    solid = cv2.erode(alpha, np.ones((_SOLID_PX, _SOLID_PX))) > _SOLID_ALPHA
    if solid.sum() < _LEAST_SOLID_PX:
        return None
    places = np.flatnonzero(solid)
    places = places[np.random.default_rng(places.size).integers(0, places.size, _PIXELS)]
    linear = to_linear(to_float(picture))
    return Object(linear, alpha, places, _shape(linear, alpha, solid))


class Sampler:
    """Draws samples; the same seed draws the same ones.

    Parameters
    ----------
    folders
        With `photo/NAME.jpg` and `mask/NAME.png`.
    held_back
        Whether to draw the photos that are not trained on.
    seed
        Of every choice.

    Raises
    ------
    ValueError
        A folder has no photos with masks.
    """

    def __init__(self, folders: Sequence[Folder], seed: int, *, held_back: bool = False) -> None:
        self.random = np.random.default_rng(seed)
        self.objects = [
            [
                (photo, number)
                for photo in list_photos(each.folder)
                if is_held_back(photo) == held_back
                for number in range(len(photo.masks))
            ]
            for each in folders
        ]
        for each, objects in zip(folders, self.objects, strict=True):
            if not objects:
                kind = "held-back photos" if held_back else "photos"
                raise ValueError(f"{each.folder} has no {kind} with masks: add more")
        shares = np.array([each.share for each in folders])
        self.shares = shares / shares.sum()
        self._read = lru_cache(4000)(_read)

    def draw(self) -> Sample:
        """Draw one sample."""
        while True:
            folder = int(self.random.choice(len(self.objects), p=self.shares))
            photo, number = self.objects[folder][self.random.integers(len(self.objects[folder]))]
            one = self._read(photo, number)
            if one is None:
                continue
            shown = [self._shown(one, share) for share in _OWN_LIGHT_SHARE]
            if shown[0] is not None and shown[1] is not None:
                return Sample((shown[0], shown[1]), one.shape, folder)

    def _shown(self, one: Object, own_light_share: float) -> Shown | None:
        own = self.random.random() < own_light_share
        light: Light = DAYLIGHT if own else random_light(self.random)
        picture = to_uint8(relight(one.photo, light)[0])
        view = light_view(*self._cropped(picture, one.matte), int(self.random.choice(REACHES_PX)))
        if view is None:
            return None
        return Shown(view, picture.reshape(-1, 3)[one.places], own, light.air > 0)

    def _cropped(self, picture: Rgb, matte: Matte) -> tuple[Rgb, Matte]:
        """Crop around the object, and mirror half of the pictures."""
        height, width = matte.shape
        left, top, right, bottom = bounds(matte) or (0, 0, width, height)
        cut = self.random.uniform(0, _CROP, 4)
        rows = slice(round(top * cut[0]), height - round((height - bottom) * cut[1]))
        columns = slice(round(left * cut[2]), width - round((width - right) * cut[3]))
        mirror = slice(None, None, -1 if self.random.random() < 0.5 else 1)
        return picture[rows, columns][:, mirror], matte[rows, columns][:, mirror]
