"""Training samples from folders of photos with masks, and of stickers to paste on photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""
Alpha = NDArray[np.float32]
"""(height, width), 0..1."""
SIDE = 256


@dataclass(frozen=True)
class Source:
    """A folder of training data, and how often it is drawn.

    Attributes
    ----------
    folder
        Either `photo/NAME.jpg` with `mask/NAME.png` (or `NAME.0.png`, `NAME.1.png`, ... for several
        objects of a photo; 8-bit gray), or PNGs with transparency, which are pasted on photos.
    share
        Its share of the samples.
    whole_photo
        Whether its photos also train the network to find objects without a box: all objects of a
        photo are in the masks, and they are what the photo shows.
    """

    folder: Path
    share: float
    whole_photo: bool = False


def _read(path: Path, kind: int) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), kind)
    if image is None:
        raise ValueError(f"{path} is not a picture: remove it")
    return np.asarray(image, np.uint8)


@dataclass(frozen=True)
class Photo:
    """A photo with the masks of its objects; both are files."""

    photo: Path
    masks: tuple[Path, ...]

    def read(self) -> tuple[Picture, list[Alpha]]:
        """Read the photo and its masks.

        Raises
        ------
        ValueError
            A file is not a picture, or a mask has another size than the photo.
        """
        picture = cv2.cvtColor(_read(self.photo, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        masks = [_read(path, cv2.IMREAD_GRAYSCALE) for path in self.masks]
        for path, mask in zip(self.masks, masks, strict=True):
            if mask.shape != picture.shape[:2]:
                raise ValueError(f"{path} has another size than {self.photo}")
        return picture, [mask.astype(np.float32) / 255 for mask in masks]


@dataclass(frozen=True)
class Sample:
    """What the network sees, and what it should say.

    Attributes
    ----------
    picture
        (side, side, 3) uint8 RGB.
    box
        (side, side) float32, 1 inside the box; all zero if there is no box.
    alpha
        (side, side) float32, 0..1.
    given
        Whether there is a box.
    """

    picture: Picture
    box: Alpha
    alpha: Alpha
    given: bool


def list_photos(folder: Path) -> list[Photo]:
    """List the photos of a folder that have masks."""
    photos = {path.stem: path for path in sorted((folder / "photo").iterdir())}
    masks: dict[str, list[Path]] = {}
    for path in sorted((folder / "mask").glob("*.png")):
        stem, _, number = path.stem.rpartition(".")
        is_numbered = number.isdigit() and path.stem not in photos
        masks.setdefault(stem if is_numbered else path.stem, []).append(path)
    return [Photo(photos[stem], tuple(of)) for stem, of in masks.items() if stem in photos]


def bounds(alpha: Alpha) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the object; None if there is none."""
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis)) for axis in (1, 0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def crop_window(
    box: tuple[float, float, float, float], margin: float, width: int, height: int
) -> tuple[int, int, int, int]:
    """Return the square around a box that the network sees, cut at the photo's borders.

    Parameters
    ----------
    box
        Left, top, right, bottom, pixels.
    margin
        Width of the surroundings on each side, as a share of the box's longer side.
    width, height
        Of the photo.
    """
    left, top, right, bottom = box
    half = max(right - left, bottom - top) * (0.5 + margin)
    x, y = (left + right) / 2, (top + bottom) / 2
    return (
        max(round(x - half), 0),
        max(round(y - half), 0),
        min(round(x + half), width),
        min(round(y + half), height),
    )


class Sampler:
    """Draws samples; the same seed draws the same ones."""

    def __init__(
        self, sources: Sequence[Source], held_back: Sequence[str], seed: int, side: int = SIDE
    ) -> None:
        self.random, self.side = np.random.default_rng(seed), side
        skipped = set(held_back)
        self.photos: list[tuple[Source, list[Photo]]] = []
        self.stickers: list[Path] = []
        self.sticker_share = 0.0
        for source in sources:
            if (source.folder / "photo").is_dir():
                found = [p for p in list_photos(source.folder) if str(p.photo) not in skipped]
                self.photos.append((source, found))
                usable = bool(found)
            else:
                pasted = sorted(source.folder.glob("*.png"))
                self.stickers += pasted
                self.sticker_share += source.share
                usable = bool(pasted)
            if not usable:
                raise ValueError(f"{source.folder} has no photos with masks, and no PNGs")
        if not self.photos:
            raise ValueError("stickers need photos to be pasted on: give a folder with photos, too")
        shares = np.array([source.share for source, _ in self.photos])
        self.shares = shares / shares.sum()
        self.total = shares.sum() + self.sticker_share

    def draw(self) -> Sample:
        """Draw one sample: a real photo, or a sticker or cut-out pasted on one."""
        if self.random.random() < self.sticker_share / self.total:
            picture, alphas, whole = self._pasted()
        else:
            source, photos = self.photos[self.random.choice(len(self.photos), p=self.shares)]
            photo = photos[self.random.integers(len(photos))]
            picture, alphas = photo.read()
            whole = source.whole_photo
        return self._view(picture, alphas, whole)

    def _background(self) -> Picture:
        # Photos whose own objects stand out would make it unclear what the object is.
        usable = [photos for source, photos in self.photos if not source.whole_photo] or [
            photos for _, photos in self.photos
        ]
        photos = usable[self.random.integers(len(usable))]
        return photos[self.random.integers(len(photos))].read()[0]

    def _foreground(self) -> tuple[Picture, Alpha]:
        if self.random.random() < 0.6 or not self.photos:
            path = self.stickers[self.random.integers(len(self.stickers))]
            image = _read(path, cv2.IMREAD_UNCHANGED)
            return cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2RGB), image[..., 3].astype(
                np.float32
            ) / 255
        whole = [photos for source, photos in self.photos if source.whole_photo] or [
            photos for _, photos in self.photos
        ]
        photos = whole[self.random.integers(len(whole))]
        picture, alphas = photos[self.random.integers(len(photos))].read()
        alpha = max(alphas, key=lambda each: float(each.sum()))
        edges = bounds(alpha)
        if edges is None:
            return picture, alpha
        left, top, right, bottom = edges
        return picture[top:bottom, left:right], alpha[top:bottom, left:right]

    def _pasted(self) -> tuple[Picture, list[Alpha], bool]:
        scene = self._background().copy()
        height, width = scene.shape[:2]
        alphas: list[Alpha] = []
        for _ in range(1 + (self.random.random() < 0.35)):
            colors, alpha = self._foreground()
            if self.random.random() < 0.5:
                colors, alpha = colors[:, ::-1], alpha[:, ::-1]
            size = self.random.uniform(0.25, 0.9) * min(height, width) / max(alpha.shape)
            shape = (max(int(alpha.shape[1] * size), 8), max(int(alpha.shape[0] * size), 8))
            way = cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR
            colors = cv2.resize(np.ascontiguousarray(colors), shape, interpolation=way)
            alpha = cv2.resize(np.ascontiguousarray(alpha), shape, interpolation=way)
            left = int(self.random.integers(-shape[0] // 6, width - shape[0] * 5 // 6 + 1))
            top = int(self.random.integers(-shape[1] // 6, height - shape[1] * 5 // 6 + 1))
            x0, y0 = max(left, 0), max(top, 0)
            x1, y1 = min(left + shape[0], width), min(top + shape[1], height)
            part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
            share = alpha[part]
            if self.random.random() < 0.5:
                share = cv2.GaussianBlur(share, (3, 3), 0)
            gain = self.random.uniform(0.6, 1.25) + self.random.uniform(-0.12, 0.12, 3)
            bright = np.clip(colors[part] * gain, 0, 255)
            under = scene[y0:y1, x0:x1]
            scene[y0:y1, x0:x1] = (
                under * (1 - share[..., None]) + bright * share[..., None]
            ).astype(np.uint8)
            for other in alphas:
                other[y0:y1, x0:x1] *= 1 - share
            whole = np.zeros((height, width), np.float32)
            whole[y0:y1, x0:x1] = share
            alphas.append(whole)
        return scene, alphas, True

    def _view(self, picture: Picture, alphas: list[Alpha], whole: bool) -> Sample:
        height, width = picture.shape[:2]
        everything = np.max(alphas, axis=0)
        main = everything.mean() > 0.05
        without = main and self.random.random() < (0.4 if whole else 0.2)
        if without:
            keep = self.random.uniform(0.75, 1.0, 2)
            alpha, box = everything, None
            left = int(self.random.uniform(0, 1 - keep[0]) * width)
            top = int(self.random.uniform(0, 1 - keep[1]) * height)
            window = (left, top, left + int(keep[0] * width), top + int(keep[1] * height))
        else:
            alpha = alphas[self.random.integers(len(alphas))]
            edges = bounds(alpha)
            if edges is None:
                return self._view(picture, [everything], whole) if len(alphas) > 1 else self.draw()
            box = self._jitter(edges, width, height)
            window = crop_window(box, self.random.uniform(0.1, 0.5), width, height)
        return self._warp(picture, alpha, box, window)

    def _jitter(
        self, edges: tuple[int, int, int, int], width: int, height: int
    ) -> tuple[float, float, float, float]:
        left, top, right, bottom = edges
        loose = self.random.random() < 0.2
        spread = np.abs(self.random.normal(0, 0.12, 4)) if loose else self.random.normal(0, 0.02, 4)
        across, down = right - left, bottom - top
        return (
            max(left - spread[0] * across, 0.0),
            max(top - spread[1] * down, 0.0),
            min(right + spread[2] * across, float(width)),
            min(bottom + spread[3] * down, float(height)),
        )

    def _warp(
        self,
        picture: Picture,
        alpha: Alpha,
        box: tuple[float, float, float, float] | None,
        window: tuple[int, int, int, int],
    ) -> Sample:
        left, top, right, bottom = window
        right, bottom = max(right, left + 2), max(bottom, top + 2)
        size = (self.side, self.side)
        part = np.ascontiguousarray(picture[top:bottom, left:right])
        way = cv2.INTER_AREA if max(part.shape[:2]) > self.side else cv2.INTER_LINEAR
        view = cv2.resize(part, size, interpolation=way)
        seen = cv2.resize(
            np.ascontiguousarray(alpha[top:bottom, left:right]), size, interpolation=way
        )
        inside = np.zeros(size, np.float32)
        if box is not None:
            scale = self.side / np.array([right - left, bottom - top, right - left, bottom - top])
            x0, y0, x1, y1 = np.rint((np.array(box) - (left, top, left, top)) * scale).astype(int)
            inside[max(y0, 0) : max(y1, 1), max(x0, 0) : max(x1, 1)] = 1
        if self.random.random() < 0.5:
            view, seen, inside = view[:, ::-1], seen[:, ::-1], inside[:, ::-1]
        return Sample(self._recolor(view), inside, seen, box is not None)

    def _recolor(self, view: Picture) -> Picture:
        values = view.astype(np.float32)
        gain = self.random.normal(1, 0.08, 3) * self.random.uniform(0.75, 1.25)
        mean = values.mean()
        values = (values - mean) * self.random.uniform(0.75, 1.2) + mean
        values = values * gain
        if self.random.random() < 0.06:
            values = np.repeat(values.mean(2, keepdims=True), 3, 2)
        if self.random.random() < 0.25:
            values = cv2.GaussianBlur(values, (0, 0), self.random.uniform(0.4, 1.3))
        if self.random.random() < 0.3:
            values += self.random.normal(0, self.random.uniform(2, 9), values.shape)
        return np.clip(values, 0, 255).astype(np.uint8)
