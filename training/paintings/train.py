"""Train the recognition of paintings, from what the classifier takes them for.

    python train.py PAINTINGS PHOTOS [PHOTOS ...] [--out paintings.npz]

PAINTINGS is a folder of pictures of paintings, without their frames; PHOTOS are folders of photos.
Pictures whose longest side is below 400 pixels are left out, as the pipeline does not judge them.
The threshold is set so that one photo in fifty passes, in cross-validation. It takes a few
minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from nst_pipeline.storage.pictures import list_pictures, read_picture
from nst_pipeline.style.finding.paintings import painting_features
from nst_pipeline.vision.harmonize.painting import PAINTING
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class TrainingParameters:
    """What is learned from, and how."""

    crops: int = 8
    """Parts of each painting, beside the whole."""
    crop_share: tuple[float, float] = (0.45, 1.0)
    """Their width and height, as shares of the painting's."""
    jpeg_share: float = 0.6
    """Share of the parts that are compressed again, with a quality of 60 to 96."""
    largest_side_px: int = 1600
    strength: float = 3e-4
    """Inverse of the penalty on the squared weights: there are few paintings and many words."""
    folds: int = 8
    photos_taken_for_paintings: float = 0.02
    seed: int = 0


TRAINING = TrainingParameters()


def _pictures(folder: Path) -> Iterator[Rgb]:
    for path in list_pictures(folder):
        picture = read_picture(path)
        if max(picture.shape) >= PAINTING.smallest_side_px:
            yield shrink_to_fit(picture, TRAINING.largest_side_px)


def _parts(painting: Rgb, rng: np.random.Generator) -> Iterator[Rgb]:
    """Yield a painting and parts of it, some of them compressed again."""
    yield painting
    size = np.array(painting.shape[:2])
    for _ in range(TRAINING.crops):
        height, width = (rng.uniform(*TRAINING.crop_share, 2) * size).astype(int)
        y, x = rng.integers(size - (height, width) + 1)
        part = np.ascontiguousarray(painting[y : y + height, x : x + width])
        if rng.random() < TRAINING.jpeg_share:
            quality = int(rng.integers(60, 97))
            _, data = cv2.imencode(".jpg", part[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
            part = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)
        yield part


def _rows(paintings: Path, photos: list[Path]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Make features, (n, words), whether each is of a painting, and the picture's number."""
    rng, rows = np.random.default_rng(TRAINING.seed), []
    for number, painting in enumerate(_pictures(paintings)):
        rows += [(painting_features(part), True, number) for part in _parts(painting, rng)]
    for number, photo in enumerate(each for folder in photos for each in _pictures(folder)):
        rows.append((painting_features(photo), False, -1 - number))
    x, painted, picture = (np.array(column) for column in zip(*rows, strict=True))
    return x, painted, picture


def main() -> None:
    """Make the rows, fit, report and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paintings", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("paintings.npz"))
    options = parser.parse_args()
    x, painted, picture = _rows(options.paintings, options.photos)
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=TRAINING.strength, class_weight="balanced", max_iter=3000)
    folds = GroupKFold(min(TRAINING.folds, len(np.unique(picture[painted]))))
    answers = cross_val_predict(
        model, scaler.transform(x), painted, groups=picture, cv=folds, method="decision_function"
    )
    threshold = np.quantile(answers[~painted], 1 - TRAINING.photos_taken_for_paintings)
    found = 100 * (answers[painted] > threshold).mean()
    print(f"{found:.0f} % of {painted.sum()} paintings and parts, {(~painted).sum()} photos")
    model.fit(scaler.transform(x), painted)
    arrays = {
        "center": scaler.mean_,
        "scale": scaler.scale_,
        "weights0": model.coef_.T,
        "bias0": model.intercept_ - threshold,
    }
    np.savez_compressed(
        options.out, **{name: np.asarray(each, np.float32) for name, each in arrays.items()}
    )


if __name__ == "__main__":
    main()
