"""Training samples: photos as they are, and with an object pasted that has known faults."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1]))
from cutout_network.samples import Photo, bounds, list_photos
from light.lights import random_light, relight

from nst_pipeline.vision.harmonize.light.change import to_linear
from nst_pipeline.vision.naturalness.factors import CLOSE, FACTORS, SEEN, WHOLE
from nst_pipeline.vision.naturalness.views import COARSE_PX, coarse, naturalness_views
from nst_pipeline.vision.shapes import Matte, Rgb

_UNTOUCHED_SHARE, _MADE_SHARE, _GLANCE_SHARE = 0.28, 0.12, 0.55
"""Of the samples."""
_LEAST_SHARE, _MOST_SHARE = 0.006, 0.5
"""Of the photo: smaller objects are hardly seen, larger ones leave no scene."""


@dataclass(frozen=True)
class Sample:
    """What the network sees, and what is true.

    Attributes
    ----------
    pictures
        (2, side, side, 3) uint8 RGB.
    mattes
        (2, side, side) uint8, 0..255.
    truth
        (8,) float32, for each of `SEEN`: 1 for good, 0 for bad, NaN for unknown.
    kind
        How it was made.
    """

    pictures: NDArray[np.uint8]
    mattes: NDArray[np.uint8]
    truth: NDArray[np.float32]
    kind: str


@dataclass
class Pasting:
    """An object on its way from a photo to a scene; faults change it.

    Attributes
    ----------
    colors
        (height, width, 3) float32 RGB 0..255, the object's photo.
    alpha
        (height, width) float32.
    scale
        Of the object, about its foot.
    foot
        Where the middle of its foot goes, x and y in the scene's pixels.
    truth
        What is known, by name.
    """

    colors: NDArray[np.float32]
    alpha: NDArray[np.float32]
    scale: float
    foot: tuple[float, float]
    truth: dict[str, float] = field(default_factory=dict)


def is_held_back(name: str) -> bool:
    """Whether a photo is left out of the training: one in ten, by its name."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8
    )


def _foot(alpha: Matte) -> tuple[float, float, float, float]:
    """Return the middle of the foot, x and y, and the object's width and height."""
    left, top, right, bottom = bounds(alpha) or (0, 0, 1, 1)
    return (left + right) / 2, bottom, right - left, bottom - top


class Faults:
    """What can be wrong with a pasted object; each method makes one factor bad."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def cutout(self, paste: Pasting, scene: Rgb) -> None:
        """Cut out too much, or too little."""
        del scene
        ways = (self._fringe, self._background, self._missing, self._box, self._hole)
        paste.alpha = ways[self.random.integers(len(ways))](paste.alpha)

    def _fringe(self, alpha: Matte) -> Matte:
        size = np.sqrt(float(alpha.sum()))
        radius = max(round(size * self.random.uniform(0.03, 0.12)), 2)
        grown = cv2.dilate(alpha, _disc(radius))
        return cv2.GaussianBlur(grown, (0, 0), self.random.uniform(0.5, max(radius / 3, 0.6)))

    def _blob(self, alpha: Matte, reach: float, threshold: float) -> Matte:
        """Draw a random region near the outline."""
        height, width = alpha.shape
        size = max(np.sqrt(float(alpha.sum())), 4.0)
        noise = self.random.normal(0, 1, (height, width)).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), size * reach)
        noise /= noise.std() + 1e-9
        return np.asarray(cv2.GaussianBlur(np.float32(noise > threshold), (0, 0), 1.0))

    def _background(self, alpha: Matte) -> Matte:
        size = np.sqrt(float(alpha.sum()))
        near = cv2.dilate(alpha, _disc(max(round(size * self.random.uniform(0.15, 0.5)), 3)))
        return np.maximum(alpha, near * self._blob(alpha, 0.2, self.random.uniform(0.0, 0.8)))

    def _missing(self, alpha: Matte) -> Matte:
        left = alpha * (1 - self._blob(alpha, 0.25, self.random.uniform(0.2, 0.9)))
        return left if left.sum() > 0.3 * alpha.sum() else self._cut(alpha)

    def _cut(self, alpha: Matte) -> Matte:
        """Leave off one side, with a straight edge."""
        left, top, right, bottom = bounds(alpha) or (0, 0, 1, 1)
        cut = alpha.copy()
        share = self.random.uniform(0.2, 0.5)
        side = self.random.integers(3)
        if side == 0:
            cut[:, : round(left + share * (right - left))] = 0
        elif side == 1:
            cut[:, round(right - share * (right - left)) :] = 0
        else:
            cut[round(bottom - share * (bottom - top)) :] = 0
        return cut

    def _box(self, alpha: Matte) -> Matte:
        """Take a rectangle or an ellipse around it, or its hull."""
        left, top, right, bottom = bounds(alpha) or (0, 0, 1, 1)
        drawn = np.zeros(alpha.shape, np.uint8)
        way = self.random.integers(3)
        if way == 0:
            drawn[top:bottom, left:right] = 1
        elif way == 1:
            center = ((left + right) // 2, (top + bottom) // 2)
            axes = (max((right - left) // 2, 1), max((bottom - top) // 2, 1))
            cv2.ellipse(drawn, center, axes, 0, 0, 360, 1, -1)
        else:
            points = np.argwhere(alpha > 0.5)[:, ::-1].astype(np.int32)
            cv2.fillConvexPoly(drawn, cv2.convexHull(points), 1)
        return np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), 0.8))

    def _hole(self, alpha: Matte) -> Matte:
        eroded = alpha * (1 - self._blob(alpha, 0.12, self.random.uniform(0.6, 1.2)))
        return eroded if eroded.sum() > 0.3 * alpha.sum() else self._cut(alpha)

    def size(self, paste: Pasting, scene: Rgb) -> None:
        """Make it about half or twice as large as it is."""
        _, _, width, height = _foot(paste.alpha)
        largest = 0.9 * min(scene.shape[0] / height, scene.shape[1] / width)
        larger, smaller = self.random.uniform(1.7, 2.6), self.random.uniform(0.32, 0.58)
        fits = paste.scale * larger < largest
        paste.scale *= larger if fits and self.random.random() < 0.6 else smaller

    def place(self, paste: Pasting, scene: Rgb) -> None:
        """Lift it off the ground, or let it sink."""
        height = paste.scale * _foot(paste.alpha)[3]
        x, y = paste.foot
        for _ in range(20):
            new = self.random.uniform(0.25, 1.0) * scene.shape[0]
            if abs(new - y) > 0.35 * height and abs(new - y) > 0.12 * scene.shape[0]:
                break
        paste.foot = (x, new)

    def light(self, paste: Pasting, scene: Rgb) -> None:
        """Show it in another light."""
        del scene
        inside = paste.alpha > 0.5
        before = paste.colors[inside].mean(0)
        for _ in range(8):
            lit, _mean = relight(to_linear(paste.colors / 255), random_light(self.random))
            changed = np.float32(np.clip(lit, 0, 1) * 255)
            if np.abs(changed[inside].mean(0) - before).max() > 22:
                break
        paste.colors = changed

    def sharpness(self, paste: Pasting, scene: Rgb) -> None:
        """Blur it, sharpen it, or make it grainy or blocky."""
        del scene
        colors, way = paste.colors, self.random.integers(4)
        size = np.sqrt(float(paste.alpha.sum()))
        if way <= 1:
            colors = cv2.GaussianBlur(
                colors, (0, 0), max(size * self.random.uniform(0.02, 0.05), 1)
            )
        elif way == 2:
            soft = cv2.GaussianBlur(colors, (0, 0), 1.5)
            colors = colors + self.random.uniform(1.5, 3.5) * (colors - soft)
        else:
            grain = self.random.normal(0, self.random.uniform(10, 25), colors.shape[:2])
            colors = colors + np.float32(grain)[..., None]
        paste.colors = np.clip(colors, 0, 255).astype(np.float32)

    def seam(self, paste: Pasting, scene: Rgb) -> None:
        """Give it a jagged, thick or shining outline."""
        del scene
        way, alpha = self.random.integers(3), paste.alpha
        if way == 0:
            paste.alpha = np.float32(alpha > self.random.uniform(0.02, 0.4))
            small = self.random.uniform(0.2, 0.5)
            coarse = cv2.resize(paste.alpha, None, fx=small, fy=small, interpolation=0)
            paste.alpha = cv2.resize(coarse, alpha.shape[::-1], interpolation=cv2.INTER_NEAREST)
        elif way == 1:
            radius = max(np.sqrt(float(alpha.sum())) * self.random.uniform(0.03, 0.08), 2)
            paste.alpha = cv2.GaussianBlur(alpha, (0, 0), radius)
        else:
            grown = cv2.dilate(alpha, _disc(int(self.random.integers(1, 4))))
            rim = np.clip(grown - cv2.erode(alpha, _disc(1)), 0, 1)[..., None]
            tone = np.float32(self.random.choice([0, 255]) * np.ones(3))
            strength = np.float32(self.random.uniform(0.5, 1.0))
            paste.colors = paste.colors * (1 - strength * rim) + tone * strength * rim
            paste.alpha = grown


@dataclass(frozen=True)
class Folder:
    """A folder of photos with masks.

    Attributes
    ----------
    folder
        With `photo/NAME.jpg` and `mask/NAME.png`, or `mask/NAME.0.png`, `mask/NAME.1.png`, ...
    share
        Its share of the samples.
    one_kind
        Whether all its objects are of one kind, and about equally tall.
    """

    folder: Path
    share: float
    one_kind: bool = False


FAULTS = ("cutout", "size", "place", "light", "sharpness", "seam")


@lru_cache(maxsize=256)
def _read(photo: Photo) -> tuple[Rgb, list[Matte]]:
    return photo.read()


class Sampler:
    """Draws samples; the same seed draws the same ones.

    Parameters
    ----------
    folders
        Of photos with masks.
    composites
        Folders of composites that the pipeline made, whose faults are not known, with the masks of
        what was pasted.
    skipped
        Photos to leave out.
    seed
        Of the random numbers.
    both_looks
        Whether all that is true of a sample is told, and its views are as they are; else each
        sample is seen either from close up or at a glance, and the truth is what this look shows.
    """

    def __init__(
        self,
        folders: Sequence[Folder],
        composites: Sequence[Path],
        skipped: Callable[[str], bool],
        seed: int,
        *,
        both_looks: bool = False,
    ) -> None:
        self.random, self.folders = np.random.default_rng(seed), folders
        self.both_looks = both_looks

        def listed(folder: Path) -> list[Photo]:
            return [each for each in list_photos(folder) if not skipped(each.photo.stem)]

        self.photos = [listed(each.folder) for each in folders]
        self.composites = [each for folder in composites for each in listed(folder)]
        shares = np.array([each.share for each in folders])
        self.shares = shares / shares.sum()
        self.faults = Faults(self.random)

    def _photo(self, folder: int | None = None) -> tuple[int, Rgb, Matte]:
        """Draw a photo and one of its objects, of any folder or one; also return its folder."""
        while True:
            found = (
                self.random.choice(len(self.photos), p=self.shares) if folder is None else folder
            )
            photos = self.photos[found]
            picture, mattes = _read(photos[self.random.integers(len(photos))])
            matte = mattes[self.random.integers(len(mattes))]
            if _LEAST_SHARE < matte.mean() < _MOST_SHARE and matte.max() > 0.9:
                return (int(found), *self._mirrored(picture, matte))

    def _mirrored(self, picture: Rgb, matte: Matte) -> tuple[Rgb, Matte]:
        """Mirror every other picture."""
        if self.random.random() < 0.5:
            return picture, matte
        return np.ascontiguousarray(picture[:, ::-1]), np.ascontiguousarray(matte[:, ::-1])

    def draw(self) -> Sample:
        """Draw a sample: a photo, a composite that the pipeline made, or an object pasted anew."""
        way = self.random.random()
        if self.composites and way > 1 - _MADE_SHARE:
            picture, (matte,) = self.composites[self.random.integers(len(self.composites))].read()
            return self._sample(*self._mirrored(picture, matte), {WHOLE: 0.0}, "made")
        folder, picture, matte = self._photo()
        if way < _UNTOUCHED_SHARE:
            return self._sample(picture, self._soft(matte), dict.fromkeys(SEEN, 1.0), "untouched")
        bases = (self._over, self._along, self._other, self._beside)
        base = bases[self.random.integers(3 + self.folders[folder].one_kind)]
        paste, possible = base(folder, picture, matte)
        number = self.random.choice([0, 1, 2], p=[0.25, 0.6, 0.15])
        chosen = self.random.choice(possible, number, replace=False)
        for fault in FAULTS:  # sizes before places, colors before outlines
            if fault in chosen:
                getattr(self.faults, fault)(paste, picture)
                paste.truth[fault] = 0.0
        if len(chosen):
            paste.truth[WHOLE] = 0.0
        result, pasted = self._paste(picture, paste)
        if pasted.mean() < 0.002:
            return self.draw()
        return self._sample(result, pasted, paste.truth, f"{base.__name__[1:]} {'+'.join(chosen)}")

    def _soft(self, matte: Matte) -> Matte:
        """Vary an outline a little: no cut-out is perfect."""
        way, radius = self.random.integers(3), int(self.random.integers(0, 2))
        if radius and way:
            matte = (cv2.dilate if way == 1 else cv2.erode)(matte, _disc(radius))
        return np.asarray(cv2.GaussianBlur(matte, (0, 0), self.random.uniform(0.4, 1.2)))

    def _good(self) -> dict[str, float]:
        return dict.fromkeys(FACTORS, 1.0)

    def _over(self, folder: int, picture: Rgb, matte: Matte) -> tuple[Pasting, Sequence[str]]:
        """Paste an object over itself, a little larger: nothing tells."""
        del folder
        x, y, _, _ = _foot(matte)
        truth = self._good() | {WHOLE: 1.0}
        scale = self.random.uniform(1.04, 1.14)
        paste = Pasting(picture.astype(np.float32), self._soft(matte), scale, (x, y), truth)
        return paste, ("place", "light", "sharpness", "seam")

    def _along(self, folder: int, picture: Rgb, matte: Matte) -> tuple[Pasting, Sequence[str]]:
        """Paste an object beside itself, as near: size and light are right, the shadow lacks."""
        del folder
        truth = self._good() | {"shadow": 0.0, WHOLE: np.nan}
        scale = self.random.uniform(0.92, 1.08)
        foot = self._same_row(picture, matte, _foot(matte)[2] * scale)
        return Pasting(picture.astype(np.float32), self._soft(matte), scale, foot, truth), FAULTS

    def _beside(self, folder: int, picture: Rgb, matte: Matte) -> tuple[Pasting, Sequence[str]]:
        """Paste a thing of the same kind, of another photo, as near and as large."""
        _, colors, alpha = self._photo(folder)
        _, _, width, height = _foot(alpha)
        scale = self.random.uniform(0.92, 1.08) * _foot(matte)[3] / height
        foot = self._same_row(picture, matte, width * scale)
        truth = self._good() | {"shadow": 0.0, "light": np.nan, "sharpness": np.nan, WHOLE: 0.0}
        return Pasting(colors.astype(np.float32), self._soft(alpha), scale, foot, truth), FAULTS

    def _other(self, folder: int, picture: Rgb, matte: Matte) -> tuple[Pasting, Sequence[str]]:
        """Paste any other photo's object anywhere."""
        del folder, matte
        _, colors, alpha = self._photo()
        _, _, width, height = _foot(alpha)
        scene_height, scene_width = picture.shape[:2]
        wanted = scene_height * self.random.uniform(0.12, 0.7)
        scale = min(wanted / height, 0.9 * scene_width / width, 0.9 * scene_height / height)
        foot = (
            self.random.uniform(0.15, 0.85) * scene_width,
            scene_height * self.random.uniform(0.45, 1.0),
        )
        truth = {"cutout": 1.0, "seam": 1.0, "shadow": 0.0, WHOLE: 0.0}
        paste = Pasting(colors.astype(np.float32), self._soft(alpha), scale, foot, truth)
        return paste, ("cutout", "light", "sharpness", "seam")

    def _same_row(self, picture: Rgb, matte: Matte, width: float) -> tuple[float, float]:
        """Find a place for a foot beside an object, in its row."""
        x, y, own, _ = _foot(matte)
        low, high = width / 2, picture.shape[1] - width / 2
        if high <= low:
            return x, y
        places = [self.random.uniform(low, high) for _ in range(6)]
        return max(places, key=lambda each: min(abs(each - x), (width + own) / 2)), y

    def _paste(self, scene: Rgb, paste: Pasting) -> tuple[Rgb, Matte]:
        height, width = scene.shape[:2]
        x, y, _, _ = _foot(paste.alpha)
        scale = paste.scale
        colors, alpha = paste.colors, paste.alpha
        if scale < 0.7:
            size = (max(round(alpha.shape[1] * scale), 8), max(round(alpha.shape[0] * scale), 8))
            colors, alpha = (cv2.resize(each, size, interpolation=3) for each in (colors, alpha))
            x, y, scale = x * scale, y * scale, 1.0
        move = np.array(
            [[scale, 0, paste.foot[0] - scale * x], [0, scale, paste.foot[1] - scale * y]],
            np.float32,
        )
        over = cv2.warpAffine(
            colors, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        matte = np.clip(cv2.warpAffine(alpha, move, (width, height)), 0, 1)
        mixed = scene * (1 - matte[..., None]) + over * matte[..., None]
        return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), matte

    def _coarse(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Hide the traces of pasting, as in use, and with noise besides."""
        shown = coarse(pictures, int(self.random.integers(COARSE_PX - 32, COARSE_PX + 32)))
        noise = self.random.normal(0, self.random.uniform(0, 6), shown.shape)
        return np.clip(np.rint(shown + noise), 0, 255).astype(np.uint8)

    def _sample(self, picture: Rgb, matte: Matte, truth: dict[str, float], kind: str) -> Sample:
        margin = self.random.uniform(0.2, 0.6)
        matte = np.where(matte < 0.02, 0, matte).astype(np.float32)
        pictures, mattes = naturalness_views(picture, matte, near_margin=margin)
        asked: Sequence[str] = SEEN
        if not self.both_looks:
            at_a_glance = self.random.random() < _GLANCE_SHARE
            pictures = self._coarse(pictures) if at_a_glance else pictures
            asked = [name for name in SEEN if (name in CLOSE) != at_a_glance]
        known = {name: truth.get(name, np.nan) for name in asked}
        row = np.array([known.get(name, np.nan) for name in SEEN], np.float32)
        return Sample(pictures, np.rint(mattes * 255).astype(np.uint8), row, kind)
