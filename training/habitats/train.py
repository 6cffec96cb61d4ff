"""Train the recognition of habitats, from what the classifier takes surroundings for.

    python train.py --coco PHOTOS FILE.json --imagenet FOLDER [--rows rows.npz] [--out FILE]

PHOTOS and FILE.json are a folder of photos and COCO's instances of them; `--coco` may be repeated.
FOLDER has photos of all of ImageNet's classes, in files or folders whose names start with the
class's id, such as `n01440764_tench.JPEG`. For each kind of object in a photo there is a row: what
the classifier says once these objects are painted over. The habitats of the kind, as
`vision/place/things.csv` has them, are those of the place. What was read is kept in `rows.npz`, and
is not read again.

It prints how well the habitats tell photos apart that have such a thing from those that have not,
in cross-validation over photos: the share of pairs in the right order. Some 15 minutes on two
processor cores for 352 and 1,000 photos.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from nst_pipeline.api import cut_out
from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import list_pictures, read_picture
from nst_pipeline.style.finding.labels import word_of_class
from nst_pipeline.style.habitats import habitat_features
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.place.habitats import HABITATS
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class TrainingParameters:
    """What is learned from, and how."""

    largest_side_px: int = 640
    largest_share: float = 0.7
    """Objects that cover more of a photo leave nothing to learn from."""
    strength: float = 1e-3
    """Inverse of the penalty on the squared weights: there are few photos and many words."""
    single: float = 0.3
    """Weight of a photo of which only one thing is known: what else it shows is not."""
    folds: int = 5
    seed: int = 0


TRAINING = TrainingParameters()
Row = tuple[NDArray[np.float32], str, str, str]
"""Features, the photo's name, the kind that is hidden, and all kinds known there, `|` between."""


def _habitats(kinds: str) -> set[str]:
    things = [thing_named(kind) for kind in kinds.split("|")]
    return {name for thing in things if thing for name in thing.habitats}


def _boxes_of(file: Path) -> dict[str, list[tuple[list[float], str]]]:
    """Return the boxes and kinds of each photo of a COCO file."""
    coco = json.loads(file.read_text())
    names = {each["id"]: Path(each["file_name"]).name for each in coco["images"]}
    kinds = {each["id"]: each["name"] for each in coco["categories"]}
    found: dict[str, list[tuple[list[float], str]]] = {}
    for each in coco["annotations"]:
        if each["image_id"] in names:
            of = found.setdefault(names[each["image_id"]], [])
            of.append((each["bbox"], kinds[each["category_id"]]))
    return found


def _covered(photo: Rgb, boxes: list[list[float]]) -> Matte:
    matte = np.zeros(photo.shape[:2], np.float32)
    for x, y, width, height in boxes:
        matte[max(0, int(y)) : int(y + height) + 1, max(0, int(x)) : int(x + width) + 1] = 1
    return matte


def coco_rows(photos: Path, file: Path) -> Iterator[Row]:
    """Yield a row for each kind of object in each photo."""
    for name, found in sorted(_boxes_of(file).items()):
        if not (photos / name).is_file():
            continue
        photo, kinds = read_picture(photos / name), sorted({kind for _, kind in found})
        for kind in kinds:
            matte = _covered(photo, [box for box, each in found if each == kind])
            if matte.mean() <= TRAINING.largest_share:
                yield habitat_features(photo, matte), name, kind, "|".join(kinds)


def imagenet_rows(folder: Path) -> Iterator[Row]:
    """Yield a row for each photo in which an object is found."""
    files = list_pictures(folder)
    classes = sorted({_class_id(folder, path) for path in files})
    for path in files:
        photo = shrink_to_fit(read_picture(path), TRAINING.largest_side_px)
        kind = word_of_class(classes.index(_class_id(folder, path)))
        try:
            matte = cut_out(photo).matte
        except NstError:
            continue
        yield habitat_features(photo, matte), path.name, kind, kind


def _class_id(folder: Path, path: Path) -> str:
    return path.relative_to(folder).parts[0].split("_")[0]


@dataclass(frozen=True)
class Rows:
    """All rows, as arrays."""

    features: NDArray[np.float32]
    photos: NDArray[np.str_]
    kinds: NDArray[np.str_]
    known: NDArray[np.str_]

    @property
    def has(self) -> NDArray[np.bool_]:
        """(rows, habitats): whether the hidden kind is at home there."""
        return np.array([[name in _habitats(kind) for name in HABITATS] for kind in self.kinds])

    @property
    def shows(self) -> NDArray[np.bool_]:
        """(rows, habitats): whether any known kind is."""
        return np.array([[name in _habitats(kinds) for name in HABITATS] for kinds in self.known])

    @property
    def weights(self) -> NDArray[np.float64]:
        """(rows,): how much a row counts."""
        return np.where(self.kinds == self.known, TRAINING.single, 1.0)


def _read_rows(options: argparse.Namespace) -> Rows:
    if not options.rows.is_file():
        rows = [row for photos, file in options.coco for row in coco_rows(photos, file)]
        rows += imagenet_rows(options.imagenet) if options.imagenet else []
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        np.savez_compressed(options.rows, **dict(zip(Rows.__annotations__, columns, strict=True)))
    with np.load(options.rows) as arrays:
        return Rows(**arrays)


def fit(rows: Rows, chosen: NDArray[np.bool_], scaler: StandardScaler) -> tuple[Any, Any]:
    """Fit one logistic regression per habitat on the chosen rows; return weights and biases."""
    inputs, has, shows, weights = (
        scaler.transform(rows.features),
        rows.has,
        rows.shows,
        rows.weights,
    )
    layers = []
    for number in range(len(HABITATS)):
        # A place that shows other things of the habitat does not speak against it.
        use = chosen & (has[:, number] | ~shows[:, number])
        model = LogisticRegression(C=TRAINING.strength, class_weight="balanced", max_iter=500)
        model.fit(inputs[use], has[use, number], weights[use])
        layers.append((model.coef_[0], model.intercept_[0]))
    coefficients, biases = zip(*layers, strict=True)
    return np.array(coefficients).T, np.array(biases)


def evaluate(rows: Rows, scaler: StandardScaler) -> dict[str, float]:
    """Return, habitat by habitat, the share of pairs of other photos in the right order."""
    rng, photos = np.random.default_rng(TRAINING.seed), np.unique(rows.photos)
    fold_of = dict(zip(photos, rng.integers(TRAINING.folds, size=len(photos)), strict=True))
    folds = np.array([fold_of[photo] for photo in rows.photos])
    answers = np.zeros((len(folds), len(HABITATS)))
    for fold in range(TRAINING.folds):
        weights, biases = fit(rows, folds != fold, scaler)
        answers[folds == fold] = scaler.transform(rows.features[folds == fold]) @ weights + biases
    has, shows, full = rows.has, rows.shows, rows.weights == 1
    return {
        name: float(
            (answers[full & has[:, n], n][:, None] > answers[full & ~shows[:, n], n]).mean()
        )
        for n, name in enumerate(HABITATS)
        if (full & has[:, n]).any()
    }


def _check(rows: Rows) -> None:
    """Refuse rows that do not tell a habitat from others."""
    unseen = [name for name, any_ in zip(HABITATS, rows.has.any(0), strict=True) if not any_]
    if unseen:
        raise SystemExit(f"no photo shows a thing at home in: {', '.join(unseen)}; add photos")


def main() -> None:
    """Read the rows, evaluate, fit and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coco", type=Path, nargs=2, action="append", default=[])
    parser.add_argument("--imagenet", type=Path)
    parser.add_argument("--rows", type=Path, default=Path("rows.npz"))
    parser.add_argument("--out", type=Path, default=Path("habitats.npz"))
    options = parser.parse_args()
    rows = _read_rows(options)
    _check(rows)
    scaler = StandardScaler().fit(rows.features)
    found = evaluate(rows, scaler)
    print("  ".join(f"{name} {share:.2f}" for name, share in found.items()))
    print(f"mean {np.mean(list(found.values())):.3f}, {len(rows.photos)} rows")
    weights, biases = fit(rows, np.ones(len(rows.photos), bool), scaler)
    arrays = {
        "center": scaler.mean_,
        "scale": scaler.scale_,
        "weights0": weights,
        "bias0": biases,
    }
    np.savez_compressed(
        options.out, **{name: np.asarray(each, np.float32) for name, each in arrays.items()}
    )


if __name__ == "__main__":
    main()
