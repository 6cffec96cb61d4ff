"""Fit the built-in color model, nst_pipeline/vision/harmonize/model/builtin.npz.

    python benchmarks/train_builtin.py --photos FOLDER --masks FOLDER

Like `nst calibrate`, but the model is linear: it has only weights of features, and suits photos of
any kind. Prints the gate's mean confidence on the photos that it was fitted to, which need no
change.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import nst_pipeline.vision.harmonize.model.harmonizer as harmonizer
from nst_pipeline.storage.pictures import (
    find_counterpart,
    list_pictures,
    read_matte,
    read_picture,
)
from nst_pipeline.vision.harmonize.model.calibrate import calibrate, fit_linear_models
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.shapes import Matte, Rgb

BUILTIN = Path(harmonizer.__file__).with_name("builtin.npz")


def pairs(photos: Path, masks: Path) -> Iterator[tuple[Rgb, Matte]]:
    """Read the photos and the mattes of their objects."""
    for path in list_pictures(photos):
        photo = read_picture(path)
        yield photo, read_matte(find_counterpart(masks, path), photo)


def main() -> None:
    """Read the command line, calibrate, write the model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--masks", type=Path, required=True)
    given = parser.parse_args()
    learned = calibrate(pairs(given.photos, given.masks), fit=fit_linear_models)
    if not learned.photos:
        parser.error(f"{given.photos} holds too few photos with an object")
    # 0 marks a built-in model: it was calibrated on none of a collection's photos.
    replace(learned, photos=0).save(BUILTIN)
    views = (object_view(*pair) for pair in pairs(given.photos, given.masks))
    confidences = [learned.advise(each).confidence for each in views if each is not None]
    print(f"{learned.photos} photos; mean confidence on natural ones: {np.mean(confidences):.2f}")


if __name__ == "__main__":
    main()
