"""Make masks for photos that have none, with salient object networks as teachers.

    python teachers.py PHOTOS OUT --networks u2net u2netp

A photo is kept if the networks agree on what it shows and are sure of it; a line says of each other
one why not. The first network's mask is what is learned. `nst models --get NAME` downloads them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sources import leave_out, write_example

from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import list_pictures, read_picture
from nst_pipeline.style.zoo.cutout import cutout_network
from nst_pipeline.vision.cutout.segmentation import soft_iou
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte


@dataclass(frozen=True)
class TeacherParameters:
    """Which masks are good enough to learn from."""

    longest_side_px: int = 640
    """Photos are shrunk to this size, which is twice what the networks see."""
    least_area: float = 0.02
    most_area: float = 0.8
    """Shares of the photo that the object covers."""
    most_unsure: float = 0.22
    """Pixels between `unsure_low` and `unsure_high`, as a share of the object's."""
    unsure_low: float = 0.15
    unsure_high: float = 0.85
    least_agreement: float = 0.82
    """Soft IoU of each other network's mask with the first one's."""
    sharpening: float = 2.5
    """Factor on the steepness of the outline, which the networks leave soft."""


def why_unusable(masks: list[Matte], parameters: TeacherParameters) -> str | None:
    """Say what is wrong with the masks of a photo by several networks; None if nothing is."""
    first = masks[0]
    area = float((first > 0.5).mean())
    if not parameters.least_area < area < parameters.most_area:
        return f"the object covers {100 * area:.0f} % of it"
    between = (first > parameters.unsure_low) & (first < parameters.unsure_high)
    if between.mean() > parameters.most_unsure * area:
        return "the first network is not sure"
    if any(soft_iou(first, other) < parameters.least_agreement for other in masks[1:]):
        return "the networks disagree"
    return None


def teach(
    photos: list[Path],
    networks: list[str],
    out: Path,
    *,
    parameters: TeacherParameters = TeacherParameters(),
) -> int:
    """Write a training folder; return the number of photos in it."""
    loaded = [cutout_network(name) for name in networks]
    (out / "photo").mkdir(parents=True)
    (out / "mask").mkdir()
    written = 0
    for path in photos:
        try:
            photo = shrink_to_fit(read_picture(path), parameters.longest_side_px)
        except NstError as error:
            leave_out(error)
            continue
        masks = [network(photo, None) for network in loaded]
        if reason := why_unusable(masks, parameters):
            leave_out(f"{path}: {reason}")
            continue
        sharp = np.clip((masks[0] - 0.5) * parameters.sharpening + 0.5, 0, 1).astype(np.float32)
        written += write_example(out, path.stem, photo, [to_uint8(sharp)]) > 0
    return written


def main() -> None:
    """Make masks for the photos of a folder."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("photos", type=Path)
    reader.add_argument("out", type=Path)
    reader.add_argument("--networks", nargs="+", default=["u2net", "u2netp"])
    given = reader.parse_args()
    try:
        if given.out.exists():
            raise NstError(f"{given.out} exists: name a new folder")
        written = teach(list_pictures(given.photos), given.networks, given.out)
    except NstError as error:
        raise SystemExit(str(error)) from error
    print(f"{given.out}: {written} photos")


if __name__ == "__main__":
    main()
