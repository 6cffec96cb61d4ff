"""`nst cutout`: cut the objects out of a folder of photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from nst_pipeline.api import Sticker, cut_out, find_objects
from nst_pipeline.api.cutting import NoObjectError
from nst_pipeline.api.inputs import open_picture
from nst_pipeline.api.results import write_file
from nst_pipeline.cli.output import Json, print_note
from nst_pipeline.cli.pictures.files import current_settings, process_files
from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings
from nst_pipeline.storage.pictures import list_pictures, read_text
from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.boxes import boxes_reader
from nst_pipeline.storage.sidecars.names import folded, normalized_name
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Detection, Rgb, Rgba


@dataclass(frozen=True)
class _Boxes:
    """A boxes file: `image,x,y,width,height[,label]`, one object in each row."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> _Boxes:
        return cls(path, read_text(path))

    def photos(self) -> set[str]:
        """Return the file names of the photos that have a row.

        Raises
        ------
        NstError
            The file has no column `image`.
        """
        reader = boxes_reader(self.text)
        if "image" not in (reader.fieldnames or ()):
            raise NstError(
                f"{self.path} has no column `image`: its first line must be "
                "image,x,y,width,height or image,x,y,width,height,label"
            )
        return {row["image"] for row in reader if row["image"]}

    def detections(self, name: str, photo: Rgb | Rgba) -> list[Detection]:
        """Return the objects of a photo."""
        height, width = photo.shape[:2]
        source = str(self.path)
        return read_sidecar(
            name, width, height, boxes_csv=self.text, source=source, note=print_note
        )


def _with_boxes(paths: list[Path], folder: Path, boxes: _Boxes) -> list[Path]:
    """Return the photos that the boxes file names; print a note about the others.

    Raises
    ------
    NstError
        It names none of them.
    """
    named = {folded(normalized_name(name)): name for name in boxes.photos()}
    chosen = [path for path in paths if folded(path.name) in named]
    if not chosen:
        raise NstError(f"{boxes.path} names no photo in {folder}: correct its column `image`")
    for name in sorted(named.keys() - {folded(path.name) for path in chosen}):
        print_note(f"{boxes.path} names {named[name]}, which is not in {folder}")
    if skipped := len(paths) - len(chosen):
        print_note(f"{skipped} photos skipped: {boxes.path} does not name them")
    return chosen


def _cut_out_all(
    path: Path, photo: Rgb | Rgba, boxes: _Boxes | None, settings: Settings, least: float
) -> list[Sticker]:
    """Cut out all objects of a photo whose outline is good enough.

    Raises
    ------
    NoObjectError
        There is none.
    """
    if boxes is None:
        found = find_objects(photo, settings=settings)
    else:
        found = boxes.detections(path.name, photo)
    if not found:
        raise NoObjectError(f"{path}: no object found: mark it in a boxes file (--boxes)")
    stickers, left_out = [], []
    for number, each in enumerate(found, start=1):
        try:
            sticker = cut_out(photo, each, settings=settings)
        except NoObjectError:
            left_out.append(f"nothing is left of object {number} after cutting it out")
            continue
        if sticker.quality >= least:
            stickers.append(sticker)
        else:
            left_out.append(f"object {number} has a quality of {sticker.quality:.2f}")
    reasons = f"{path}: {'; '.join(left_out)}: give a tighter box (--boxes)"
    if not stickers:
        raise NoObjectError(reasons)
    if left_out:
        print_note(reasons)
    return stickers


def _write_matte(path: Path, stickers: list[Sticker]) -> None:
    matte = np.maximum.reduce([each.matte for each in stickers if each.matte is not None])
    write_file(path, encode_png(to_uint8(matte)))


def _write_stickers(path: Path, stickers: list[Sticker]) -> None:
    for number, each in enumerate(stickers, start=1):
        each.save(path if number == 1 else path.with_stem(f"{path.stem}-{number}"))


def cutout(
    photos: Annotated[Path, typer.Option(help="Folder of photos.")],
    out: Annotated[Path, typer.Option(help="Output folder; created if missing.")],
    boxes: Annotated[
        Path | None,
        typer.Option(
            help="CSV file with the columns image, x, y, width, height and optionally label, in "
            "pixels. Default: detect the objects."
        ),
    ] = None,
    full_frame: Annotated[
        bool,
        typer.Option(
            "--full-frame", help="Write each photo's matte (gray, full size) instead of stickers."
        ),
    ] = False,
    min_quality: Annotated[
        float,
        typer.Option(min=0, max=1, help="Leave out cut-outs with a lower expected quality."),
    ] = 0.0,
    as_json: Json = False,
) -> None:
    """Cut objects out of photos, as pictures with transparency or as mattes.

    A photo without an object is named, but no failure. Photos that cannot be read are: the exit
    code is then 3, as for all commands on many pictures.
    """
    marked = None if boxes is None else _Boxes.read(boxes)
    paths = list_pictures(photos)
    if marked is not None:
        paths = _with_boxes(paths, photos, marked)
    settings = current_settings()

    def process(path: Path) -> dict[str, Any]:
        photo = open_picture(path, settings)
        stickers = _cut_out_all(path, photo, marked, settings, min_quality)
        write = _write_matte if full_frame else _write_stickers
        write(out / f"{path.stem}.png", stickers)
        quality = min(each.quality for each in stickers)
        return {"photo": path.name, "objects": len(stickers), "quality": round(quality, 3)}

    process_files("cutting out", paths, process, as_json=as_json)
