"""Train the recognition of objects that lie in their own photo.

    python train_in_place.py FOLDER [FOLDER ...] [--out in_place.npz]

The folders are those of `rows.py`. Objects that stay in their place, untouched or recolored, are
told from the same objects pasted over themselves or on another photo, with many kinds of outline.
One photo in ten is held back; at the end, the figures of these photos are printed. It takes a few
minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from networks import HELD_BACK_EVERY, network, optimizer, save, standardize
from numpy.typing import NDArray
from rows import PhotoWork, add_photos, for_each_photo, read_pair

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.model.distort import move_sliders
from nst_pipeline.vision.harmonize.model.in_place import describe_outline
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class TrainingParameters:
    """What is learned from, and how."""

    object_share: tuple[float, float] = (0.006, 0.6)
    """Share of the photo that its object covers."""
    scale: tuple[float, float] = (0.85, 1.2)
    """Factor by which a pasted object is resized."""
    shift: float = 0.05
    """Standard deviation of its move, as a share of the photo."""
    blur_px: tuple[float, float] = (0.3, 2.0)
    """Standard deviation of the Gaussian that softens an outline."""
    resized: float = 0.6
    """Share of photos, and of pasted objects, that are resampled."""
    elsewhere: float = 0.4
    """Share of pasted objects that lie on another photo."""
    pastes: int = 6
    """Pasted objects of a photo."""
    in_place: int = 4
    """Objects that stay in their place; the first is untouched."""
    pasted_weight: float = 3.0
    """Weight of pasted objects: taken for in place, they get the advice of a misread seam."""
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.2
    noise: float = 0.1
    steps: int = 6000
    batch: int = 256
    rate: float = 2e-3
    weight_decay: float = 0.05
    seed: int = 0


TRAINING = TrainingParameters()


def _outlined(matte: Matte, rng: np.random.Generator) -> Matte:
    """Return a matte as it is, hard, or soft."""
    turn = rng.integers(3)
    if turn == 0:
        return matte
    if turn == 1:
        return object_mask(matte).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(matte, (0, 0), rng.uniform(*TRAINING.blur_px)), np.float32)


def _resized(image: Rgb, matte: Matte, rng: np.random.Generator) -> tuple[Rgb, Matte]:
    """Resize a photo, or leave it: whether pixels were resampled must not tell what was pasted."""
    if rng.random() > TRAINING.resized:
        return image, matte
    factor = rng.uniform(*TRAINING.scale)
    size = [max(1, round(length * factor)) for length in (image.shape[1], image.shape[0])]
    return resize(image, *size), resize(matte, *size)


def _placed(image: Rgb, matte: Matte, rng: np.random.Generator) -> tuple[Rgb, Matte]:
    """Move an object, and resize it, by as much as a paste over itself and elsewhere does."""
    size = (image.shape[1], image.shape[0])
    y, x = (np.flatnonzero((matte > 0).any(axis)).mean() for axis in (1, 0))
    scale, shift = rng.uniform(*TRAINING.scale), rng.normal(0, TRAINING.shift, 2) * size
    if rng.random() > TRAINING.resized:
        scale, shift = 1.0, np.rint(shift) + 1
    matrix = np.column_stack([np.eye(2) * scale, (1 - scale) * np.array([x, y]) + shift])
    layer = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(layer, np.uint8), np.asarray(cv2.warpAffine(matte, matrix, size), np.float32)


def _composites(
    photo: Rgb, mask: Matte, other: Rgb, seed: int
) -> Iterator[tuple[Rgb, Matte, bool]]:
    """Yield composites, mattes, and whether the object is in its place."""
    rng = np.random.default_rng(seed)
    for turn in range(TRAINING.in_place):
        image, matte = _resized(photo, mask, rng)
        own = matte if turn % 2 else object_mask(matte).astype(np.float32)
        yield recompose(image, own, move_sliders(image, rng) if turn else image), own, True
    for turn in range(TRAINING.pastes):
        image, matte = _resized(photo, mask, rng)
        layer, moved = _placed(image, matte, rng)
        moved = _outlined(moved, rng)
        is_elsewhere = rng.random() < TRAINING.elsewhere
        scene = resize(other, image.shape[1], image.shape[0]) if is_elsewhere else image
        shown = move_sliders(layer, rng) if turn % 2 else layer
        yield recompose(scene, moved, shown), moved, False


def _rows(work: PhotoWork) -> list[tuple[NDArray[np.float64], bool, int]]:
    cv2.setNumThreads(1)
    number, photo, other = work
    pair, scene = read_pair(Path(photo)), read_pair(Path(other))
    smallest, largest = TRAINING.object_share
    if pair is None or scene is None or not smallest < object_mask(pair[1]).mean() < largest:
        return []
    rows = []
    for composite, matte, in_place in _composites(*pair, scene[0], number):
        view = object_view(composite, matte)
        if view is not None:
            rows.append((describe_outline(view.lab, view.inside), in_place, number))
    return rows


def train(
    x: NDArray[np.float32], in_place: NDArray[Any], parameters: TrainingParameters
) -> tf.keras.Model:
    """Fit the network to standardized features, (n, 40), and whether each is in its place."""
    tf.keras.utils.set_random_seed(parameters.seed)
    model = network(
        x.shape[1], parameters.hidden, 1, noise=parameters.noise, dropout=parameters.dropout
    )
    model.compile(
        optimizer(parameters.rate, parameters.steps, parameters.weight_decay),
        tf.keras.losses.BinaryCrossentropy(from_logits=True),
    )
    epochs = max(1, parameters.steps * parameters.batch // len(x))
    weight = np.where(in_place, 1.0, parameters.pasted_weight)
    model.fit(
        x, in_place.astype(np.float32), parameters.batch, epochs, verbose=0, sample_weight=weight
    )
    return model


def main() -> None:
    """Make the rows, train, report and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_photos(parser)
    parser.add_argument("--out", type=Path, default=Path("in_place.npz"))
    parser.add_argument("--steps", type=int, default=TRAINING.steps)
    options = parser.parse_args()
    rows = [row for each in for_each_photo(options, _rows) for row in each]
    x, in_place, photo = (np.array(column) for column in zip(*rows, strict=True))
    kept = photo % HELD_BACK_EVERY != 0
    center, scale = x[kept].mean(0), x[kept].std(0) + 1e-3
    parameters = replace(TRAINING, steps=options.steps)
    model = train(standardize(x[kept], center, scale), in_place[kept], parameters)
    answer = model(standardize(x[~kept], center, scale), training=False).numpy()[:, 0] > 0
    for name, right in (("in its place", answer), ("pasted", ~answer)):
        of_kind = in_place[~kept] == (name == "in its place")
        print(f"{name}: {100 * right[of_kind].mean():.1f} % of {of_kind.sum()} recognized")
    save(model, center, scale, options.out)


if __name__ == "__main__":
    main()
