"""Read photos, and composites that were made before, from the folders of a set."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nst_pipeline.storage.pictures import (
    find_counterpart,
    list_pictures,
    read_matte,
    read_picture,
)
from nst_pipeline.vision.images.resize import shrink_to_fit

from .cases import Case, Photo

TELLING, REALISTIC, PAINTERLY = "telling seam", "realistic", "painterly"
FOLDERS = {TELLING: "recolor", REALISTIC: "realistic", PAINTERLY: "painterly"}
"""By the name of the protocol."""
SIDE_PX = 256
"""Longest side of the photos from which cases are made."""


def cases_in(folder: Path, protocol: str) -> Iterator[Case]:
    """Read `composite`, `mask`, and if they exist `real` and `cases.csv` with case and kind."""
    listing, real, kinds = folder / "cases.csv", folder / "real", {}
    if listing.is_file():
        with listing.open() as file:
            kinds = {row["case"]: row["kind"] for row in csv.DictReader(file)}
    for path in list_pictures(folder / "composite"):
        composite = read_picture(path)
        matte = read_matte(find_counterpart(folder / "mask", path), composite)
        truth = read_picture(find_counterpart(real, path, kind="photo")) if real.is_dir() else None
        kind = kinds.get(path.stem, protocol)
        yield Case(protocol, kind, path.stem, composite, np.rint(matte), truth)


def folders_of_cases(folder: Path) -> Iterator[Case]:
    """Read all folders of cases that the set has."""
    for protocol, name in FOLDERS.items():
        if (folder / name).is_dir():
            yield from cases_in(folder / name, protocol)


def photos_in(folder: Path, count: int | None = None) -> list[Photo]:
    """Read natural photos with masks: `photo` and `mask`, or `recolor/real` and `recolor/mask`.

    Parameters
    ----------
    folder
        The set.
    count
        Number of photos to read, evenly spread; all by default.
    """
    plain, telling = folder / "photo", folder / "recolor/real"
    places = ((plain, folder / "mask"), (telling, folder / "recolor/mask"))
    found = [(photos, masks) for photos, masks in places if photos.is_dir()]
    if not found:
        return []
    photos, masks = found[0]
    paths = list_pictures(photos)
    if count is not None and count < len(paths):
        paths = [paths[at] for at in np.linspace(0, len(paths) - 1, count).astype(int)]
    read = []
    for path in paths:
        image = read_picture(path)
        matte = read_matte(find_counterpart(masks, path), image)
        read.append(Photo(path.stem, shrink_to_fit(image, SIDE_PX), shrink_to_fit(matte, SIDE_PX)))
    return read
