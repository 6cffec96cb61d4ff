"""What the network sees: crops of photos, some of whose objects are hidden."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from labels import STRIDE, UNKNOWN

from nst_pipeline.vision.place.layout import SIDE_PX
from nst_pipeline.vision.place.things import thing_named


@dataclass(frozen=True)
class SampleParameters:
    """How photos are varied."""

    least_crop: float = 0.7
    """Share of the photo's sides; smaller crops would lose what tells the scale."""
    stretch: float = 1.25
    """Largest change of the aspect ratio."""
    hidden: float = 0.5
    """Share of the objects with known heights that are painted over, as scenes without them."""
    gray: float = 0.06
    sides: float = 1.0
    """Of an object's width, to its left and right, where the ground at its foot is as near."""
    foot_rows: tuple[float, float] = (-0.06, 0.04)
    """Of an object's height, around its foot: rows of that ground."""


@dataclass(frozen=True)
class Sample:
    """One training example.

    Attributes
    ----------
    picture
        (side, side, 3) uint8 RGB.
    surfaces
        (side / stride, side / stride) uint8, values of label maps.
    scale
        (2, side / stride, side / stride) float32: the natural logarithm of how many heights of the
        picture a meter is, and the spread of that logarithm.
    weight
        (side / stride, side / stride) float32, 0 where the scale is unknown. The weights of an
        object sum to 1.
    """

    picture: np.ndarray
    surfaces: np.ndarray
    scale: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Source:
    """A folder as `sources.py` writes it, and its share of the samples."""

    folder: Path
    share: float


def _painted_over(photo: np.ndarray, box: tuple[int, int, int, int]) -> None:
    """Replace a box of a photo, in place, by a blend of the colors at its left and right."""
    x, y, w, h = box
    left = photo[y : y + h, max(x - 4, 0) : max(x, 1)].mean(1, keepdims=True)
    right = photo[y : y + h, x + w : x + w + 4]
    right = right.mean(1, keepdims=True) if right.size else left
    share = np.linspace(0, 1, w)[None, :, None]
    blend = cv2.blur(left, (1, 5)).reshape(h, 1, 3) * (1 - share)
    blend = blend + cv2.blur(right, (1, 5)).reshape(h, 1, 3) * share
    noise = np.random.default_rng(w * h).normal(0, 6, (h, w, 1))
    photo[y : y + h, x : x + w] = np.clip(blend + noise, 0, 255)


class Sampler:
    """Draws samples from folders.

    Parameters
    ----------
    sources
        Folders with their shares.
    held_back
        Paths of photos to leave out.
    seed
        Of every choice.
    """

    def __init__(
        self,
        sources: list[Source],
        held_back: set[str],
        seed: int,
        parameters: SampleParameters = SampleParameters(),
    ) -> None:
        self._rng, self._parameters = np.random.default_rng(seed), parameters
        self._photos = [
            [str(p) for p in sorted((one.folder / "photo").iterdir()) if str(p) not in held_back]
            for one in sources
        ]
        shares = np.array([one.share for one in sources], float)
        self._shares = shares / shares.sum()

    def draw(self) -> Sample:
        """Draw one sample."""
        rng = self._rng
        photos = self._photos[rng.choice(len(self._photos), p=self._shares)]
        path = Path(photos[rng.integers(len(photos))])
        root, name = path.parent.parent, path.stem
        photo = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
        surfaces = cv2.imread(str(root / "surface" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        objects = json.loads((root / "objects" / f"{name}.json").read_text())
        return self._varied(photo, surfaces, objects)

    def _varied(self, photo: np.ndarray, surfaces: np.ndarray, objects: list[dict]) -> Sample:
        rng, parameters = self._rng, self._parameters
        height, width = photo.shape[:2]
        scale = np.zeros((2, height, width), np.float32)
        weight = np.zeros((height, width), np.float32)
        for one in objects:
            thing, (x, y, w, h) = thing_named(one["label"]), one["box"]
            hide = rng.random() < parameters.hidden
            x0, y0 = max(0, int(x)), max(0, int(y))
            x1, y1 = min(width, int(x + w) + 1), min(height, int(y + h) + 1)
            if hide and (x1 - x0) * (y1 - y0) < 0.35 * height * width:
                _painted_over(photo, (x0, y0, x1 - x0, y1 - y0))
                surfaces[y0:y1, x0:x1] = UNKNOWN
            value = np.log(h / height / thing.height_m)
            first, last = (round(y + h + share * h) for share in parameters.foot_rows)
            rows = slice(max(0, first), max(first + 1, last + 1))
            columns = slice(
                max(0, round(x - parameters.sides * w)), round(x + (1 + parameters.sides) * w)
            )
            mark = np.zeros((height, width), bool)
            mark[rows, columns] = True
            mark[y0:y1, x0 + (x1 - x0) // 4 : x1 - (x1 - x0) // 4] = True
            if not mark.any():
                continue
            scale[0][mark], scale[1][mark] = value, np.log(thing.spread)
            weight[mark] = 1 / mark.sum()
        return self._cropped(photo, surfaces, scale, weight)

    def _cropped(self, photo, surfaces, scale, weight) -> Sample:
        rng, parameters = self._rng, self._parameters
        height, width = photo.shape[:2]
        share = rng.uniform(parameters.least_crop, 1)
        stretch = parameters.stretch ** rng.uniform(-1, 1)
        h, w = (min(1.0, share * stretch), min(1.0, share / stretch))
        rows, columns = round(h * height), round(w * width)
        top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
        part = (slice(top, top + rows), slice(left, left + columns))
        picture = cv2.resize(photo[part], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        side = SIDE_PX // STRIDE
        flat = cv2.resize(surfaces[part], (side, side), interpolation=cv2.INTER_NEAREST)
        small = cv2.resize(weight[part], (side, side), interpolation=cv2.INTER_NEAREST)
        values = np.stack(
            [
                cv2.resize(each[part], (side, side), interpolation=cv2.INTER_NEAREST)
                for each in scale
            ]
        )
        # A crop is lower than the photo: a meter is more of its height.
        values[0] += np.log(height / rows)
        # Nearest sampling keeps one pixel of (rows / side) x (columns / side).
        small = small * (rows / side) * (columns / side)
        if rng.random() < 0.5:
            picture, flat, values, small = (
                picture[:, ::-1],
                flat[:, ::-1],
                values[..., ::-1],
                small[:, ::-1],
            )
        return Sample(self._recolored(picture), flat, values, small)

    def _recolored(self, picture: np.ndarray) -> np.ndarray:
        rng = self._rng
        image = picture.astype(np.float32) / 255
        image = image ** np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.1, 3))
        gray = image.mean(2, keepdims=True)
        saturation = 0 if rng.random() < self._parameters.gray else np.exp(rng.normal(0, 0.25))
        image = gray + saturation * (image - gray)
        if rng.random() < 0.15:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5))
        image = image + rng.normal(0, rng.uniform(0, 0.02), image.shape)
        return np.clip(image * 255, 0, 255).astype(np.uint8)
