"""Prepare photos with masks, from a local copy of a public data set or of your own, for training.

    python sources.py masks PHOTOS MASKS OUT       # NAME.jpg with NAME.png, white on the object
    python sources.py polygons FOLDER OUT          # YOLO: images*/NAME.jpg with labels*/NAME.txt
    python sources.py label-maps PHOTOS MAPS OUT   # NAME.jpg with NAME.mat, 0 on the background
    python sources.py coco PHOTOS FILE.json OUT    # COCO's instances
    python sources.py stickers FOLDER OUT          # PNGs with transparency, of photographed things

OUT is a new folder, which `train.py` takes. What cannot be used is left out, with a line that says
why. Nothing is downloaded; training/README.md says which public sources were tried.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from scipy.io import loadmat

from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import (
    list_pictures,
    read_matte,
    read_picture,
    read_sticker,
    read_text,
)
from nst_pipeline.vision.images.codecs import encode_jpeg
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Rgb, Rgba

Gray = NDArray[np.uint8]
"""(height, width): a mask, 255 on the object."""
MaskReader = Callable[[Path, Rgb], list[Gray]]
"""Reads the masks of a photo's objects from a file."""


@dataclass(frozen=True)
class PreparationParameters:
    """How photos and masks are stored."""

    longest_side_px: int = 576
    """Larger photos are shrunk. Training sees 256 px around an object, so this keeps small ones."""
    least_area: float = 0.004
    """Share of the photo below which an object is left out."""
    jpeg_quality: int = 93


@dataclass(frozen=True)
class StickerParameters:
    """Which pictures with transparency are photographed things, and not drawn ones."""

    least_side_px: int = 90
    opaque: int = 200
    """Alpha above which a pixel counts as opaque."""
    least_opaque: float = 0.08
    most_opaque: float = 0.985
    """Shares of the picture; above, it has no outline to learn from."""
    least_colors: int = 350
    """Different opaque colors, at 5 bits a channel. Drawings have fewer."""


@dataclass(frozen=True)
class Entry:
    """A photo, and the files of its masks.

    Attributes
    ----------
    name
        Stem of the files that are written.
    photo
        A picture file.
    masks
        Files for a `MaskReader`.
    """

    name: str
    photo: Path
    masks: tuple[Path, ...]


_LEAST_POINTS = 6
"""Of an outline. A line of YOLO's labels with fewer numbers is a box."""
_SHIFT = 4
"""Binary digits after the point, of outlines as OpenCV takes them."""


def read_polygons(path: Path, photo: Rgb) -> list[Gray]:
    """Draw the outlines of a label file of YOLO: a line `class x y x y ...`, 0..1, for an object.

    Raises
    ------
    NstError
        A line is not of numbers, or a coordinate has no partner.
    """
    height, width = photo.shape[:2]
    masks = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            points = np.array(line.split()[1:], float).reshape(-1, 2)
        except ValueError as error:
            raise NstError(f"{path}, line {number}: expected `class x y x y ...`") from error
        if len(points) < _LEAST_POINTS:
            continue
        # OpenCV's whole numbers are the pixels' centers.
        corners = ((points * (width, height) - 0.5) * 2**_SHIFT).round().astype(np.int32)
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _SHIFT)
        masks.append(mask)
    return masks


def read_label_map(path: Path, photo: Rgb, *, variable: str = "groundtruth") -> list[Gray]:
    """Read the labels of pixels from a MATLAB file: one mask of all that is not background (0).

    Raises
    ------
    NstError
        It is no MATLAB file, lacks the variable, or its size differs from the photo's.
    """
    try:
        labels = loadmat(path, variable_names=[variable])[variable]
    except Exception as error:  # SciPy's errors have no common type
        raise NstError(f"{path} is no MATLAB file with the variable {variable}") from error
    if labels.shape != photo.shape[:2]:
        raise NstError(f"{path} has the shape {labels.shape}, but its photo {photo.shape[:2]}")
    return [np.where(labels > 0, np.uint8(255), np.uint8(0))]


def read_mask(path: Path, photo: Rgb) -> list[Gray]:
    """Read the mask of one object from a picture: white on the object.

    Raises
    ------
    NstError
        It is no picture, or its size differs from the photo's.
    """
    return [to_uint8(read_matte(path, photo))]


def list_polygons(folder: Path) -> list[Entry]:
    """List the photos of a YOLO data set, in any subfolders.

    A label file in `labels...` belongs to the photo of the same name in `images...` beside it.
    """
    entries = []
    photos: dict[Path, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.txt")):
        parts = path.parent.relative_to(folder).parts
        if not any(part.startswith("labels") for part in parts):
            continue
        images = folder.joinpath(*(part.replace("labels", "images", 1) for part in parts))
        if images not in photos:
            photos[images] = {picture.stem: picture for picture in list_pictures(images)}
        if path.stem in photos[images]:
            entries.append(Entry("_".join([*parts, path.stem]), photos[images][path.stem], (path,)))
    return entries


def list_pairs(photos: Path, masks: Path, suffix: str) -> list[Entry]:
    """List the photos that have masks: `NAME`, `NAME.mask`, or `NAME.0`, `NAME.1`, ... for several.

    Parameters
    ----------
    photos, masks
        Two folders, or the same one.
    suffix
        Of the masks, such as `.png`.
    """
    pictures = {path.stem: path for path in list_pictures(photos)}
    found: dict[str, list[Path]] = {}
    for path in sorted(masks.glob(f"*{suffix}")):
        stem, _, end = path.stem.rpartition(".")
        owner = stem if stem in pictures and (end == "mask" or end.isdigit()) else path.stem
        if owner in pictures and path != pictures[owner]:
            found.setdefault(owner, []).append(path)
    return [Entry(name, pictures[name], tuple(files)) for name, files in found.items()]


def list_coco(
    photos: Path, annotations: Path, without: Collection[str] = ()
) -> tuple[list[Entry], MaskReader]:
    """List the photos of a COCO file, and make the reader of their masks.

    Parameters
    ----------
    photos
        Folder of the photos, which are matched by name.
    annotations
        COCO JSON with `segmentation`; crowds and boxes without an outline are left out.
    without
        Names of categories to leave out: a dining table's outline takes what lies on it along.

    Raises
    ------
    NstError
        The file is no COCO JSON.
    """
    try:
        with contextlib.redirect_stdout(None):
            coco = COCO(str(annotations))
        unwanted = {each["id"] for each in coco.cats.values() if each["name"] in without}
        owners = {Path(image["file_name"]).name: number for number, image in coco.imgs.items()}
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise NstError(f"{annotations} is no COCO file: export it again as COCO JSON") from error

    def read(path: Path, photo: Rgb) -> list[Gray]:
        of_photo = coco.loadAnns(coco.getAnnIds(owners[path.name], iscrowd=False))
        wanted = [each for each in of_photo if each["category_id"] not in unwanted]
        masks = [coco.annToMask(each) * np.uint8(255) for each in wanted if each["segmentation"]]
        if any(mask.shape != photo.shape[:2] for mask in masks):
            raise NstError(f"{annotations} gives {path.name} another size than the photo has")
        return masks

    pictures = [path for path in list_pictures(photos) if path.name in owners]
    return [Entry(path.stem, path, (path,)) for path in pictures], read


def _shrunk(image: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return image
    size = (round(width * scale), round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def write_example(
    out: Path,
    name: str,
    photo: Rgb,
    masks: Iterable[Gray],
    *,
    parameters: PreparationParameters = PreparationParameters(),
) -> int:
    """Write a photo and the masks of its objects, unless these are all too small.

    Parameters
    ----------
    out
        Gets `photo/NAME.jpg` and `mask/NAME.0.png`, `mask/NAME.1.png`, ...
    name, photo, masks
        The photo is (height, width, 3) uint8 RGB, and the masks have its size.
    parameters
        How they are stored.

    Returns
    -------
    int
        The number of masks written.
    """
    shrunk = [_shrunk(mask, parameters.longest_side_px) for mask in masks]
    kept = [mask for mask in shrunk if (mask > 127).mean() >= parameters.least_area]
    if kept:
        small = _shrunk(photo, parameters.longest_side_px)
        encoded = encode_jpeg(small, parameters.jpeg_quality)
        (out / "photo" / f"{name}.jpg").write_bytes(encoded)
    for number, mask in enumerate(kept):
        (out / "mask" / f"{name}.{number}.png").write_bytes(encode_png(mask))
    return len(kept)


def leave_out(reason: object) -> None:
    """Say why something is left out."""
    print(f"left out: {reason}", file=sys.stderr)


def prepare_photos(
    entries: list[Entry],
    read_masks: MaskReader,
    out: Path,
    *,
    parameters: PreparationParameters = PreparationParameters(),
) -> int:
    """Write a training folder of photos with masks; return the number of photos."""
    (out / "photo").mkdir(parents=True)
    (out / "mask").mkdir()
    written = 0
    for entry in entries:
        try:
            photo = read_picture(entry.photo)
            masks = [mask for path in entry.masks for mask in read_masks(path, photo)]
        except NstError as error:
            leave_out(error)
            continue
        if write_example(out, entry.name, photo, masks, parameters=parameters):
            written += 1
        else:
            leave_out(f"{entry.photo} has no outline of an object that is large enough")
    return written


def is_photographed(sticker: Rgba, *, parameters: StickerParameters = StickerParameters()) -> bool:
    """Return whether a picture with transparency, (height, width, 4) uint8, suits as a sticker."""
    if min(sticker.shape[:2]) < parameters.least_side_px:
        return False
    opaque = sticker[..., 3] > parameters.opaque
    if not parameters.least_opaque <= opaque.mean() <= parameters.most_opaque:
        return False
    coarse = (sticker[..., :3][opaque] >> 3).astype(np.int32)
    return np.unique(coarse @ (1, 32, 1024)).size >= parameters.least_colors


def _fill_invisible(sticker: Rgba) -> Rgba:
    """Give invisible pixels the nearest visible color, so that shrinking mixes in no other."""
    hidden = (sticker[..., 3] == 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        hidden, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((nearest.max() + 1, 3), np.uint8)
    colors[nearest[hidden == 0]] = sticker[hidden == 0][:, :3]
    return np.dstack([colors[nearest], sticker[..., 3]])


def prepare_stickers(folder: Path, out: Path) -> int:
    """Write a training folder of stickers, from any subfolders; return the number of stickers."""
    out.mkdir(parents=True)
    written = 0
    for path in sorted(folder.rglob("*.png")):
        try:
            sticker = read_sticker(path)
        except NstError as error:
            leave_out(error)
            continue
        if is_photographed(sticker):
            name = "_".join(path.relative_to(folder).parts)
            (out / name).write_bytes(encode_png(_fill_invisible(sticker)))
            written += 1
        else:
            leave_out(f"{path} is small, drawn, or a full rectangle")
    return written


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, folders in {
        "masks": ("photos", "masks"),
        "polygons": ("folder",),
        "label-maps": ("photos", "maps"),
        "coco": ("photos", "annotations"),
        "stickers": ("folder",),
    }.items():
        command = kinds.add_parser(kind)
        for name in (*folders, "out"):
            command.add_argument(name, type=Path)
        if kind == "coco":
            command.add_argument("--without", nargs="+", default=[], help="names of categories")
            command.add_argument("--least-area", type=float, default=0.012, help="share of photo")
    return parser.parse_args()


def prepare(given: argparse.Namespace) -> int:
    """Prepare what the command line names; return the number of pictures written."""
    if given.out.exists():
        raise NstError(f"{given.out} exists: name a new folder")
    if given.kind == "masks":
        return prepare_photos(list_pairs(given.photos, given.masks, ".png"), read_mask, given.out)
    if given.kind == "label-maps":
        entries = list_pairs(given.photos, given.maps, ".mat")
        return prepare_photos(entries, read_label_map, given.out)
    if given.kind == "polygons":
        return prepare_photos(list_polygons(given.folder), read_polygons, given.out)
    if given.kind == "coco":
        entries, read = list_coco(given.photos, given.annotations, given.without)
        large = PreparationParameters(least_area=given.least_area)
        return prepare_photos(entries, read, given.out, parameters=large)
    return prepare_stickers(given.folder, given.out)


def main() -> None:
    """Prepare a source."""
    given = parse_arguments()
    try:
        written = prepare(given)
    except NstError as error:
        raise SystemExit(str(error)) from error
    if not written:
        raise SystemExit(f"nothing was found that could be used: {given.out} is empty")
    print(f"{given.out}: {written} {'stickers' if given.kind == 'stickers' else 'photos'}")


if __name__ == "__main__":
    main()
