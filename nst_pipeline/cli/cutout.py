"""`nst cutout`: cut the objects out of a folder of photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from nst_pipeline.cli.files import (
    pictures_in,
    read_picture,
    read_text,
    settings_here,
    work_through,
    write_file,
)
from nst_pipeline.cli.output import Json, print_note
from nst_pipeline.errors import NstError
from nst_pipeline.storage.sidecars.annotations import boxes_reader, read_sidecar
from nst_pipeline.style.detector import network_finder
from nst_pipeline.vision.cutout import cut_out, sticker_pixels
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Cutout, Detection, Rgb


def _named_in(boxes: str, source: Path) -> set[str]:
    """The photos that a boxes file speaks of."""
    reader = boxes_reader(boxes)
    if "image" not in (reader.fieldnames or ()):
        raise NstError(f"{source} has no column `image`: it needs image,x,y,width,height")
    return {row["image"] for row in reader if row["image"]}


def _objects(path: Path, photo: Rgb, boxes: str | None, source: Path | None) -> list[Detection]:
    if boxes is None:
        settings = settings_here().detection
        found = detect(photo, settings, network=network_finder(settings))
    else:
        height, width = photo.shape[:2]
        found = read_sidecar(path.name, width, height, boxes_csv=boxes, source=str(source))
    if not found:
        raise NstError(f"{path}: no object was found; mark it in a boxes file (--boxes)")
    return found


def _write_matte(path: Path, cutouts: list[Cutout]) -> None:
    matte = np.maximum.reduce([each.matte for each in cutouts])
    write_file(path, encode_png(to_uint8(matte)))


def _write_stickers(path: Path, cutouts: list[Cutout]) -> None:
    for number, each in enumerate(cutouts, start=1):
        pixels, _ = sticker_pixels(each)
        if not pixels.size:
            raise NstError(f"{path}: nothing was left of object {number} when cut out")
        name = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        write_file(name, encode_png(pixels))


def cutout(
    photos: Annotated[Path, typer.Option(help="Folder of photos.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; made if missing.")],
    boxes: Annotated[
        Path | None,
        typer.Option(help="CSV with image, x, y, width, height[, label]; without it: detected."),
    ] = None,
    full_frame: Annotated[
        bool, typer.Option("--full-frame", help="Write the gray matte at the photo's size.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cut the objects out of photos, as RGBA pictures or as mattes."""
    text = None if boxes is None else read_text(boxes)
    paths = pictures_in(photos)
    if text is not None and boxes is not None:
        named = _named_in(text, boxes)
        others = [path for path in paths if path.name not in named]
        paths = [path for path in paths if path.name in named]
        if not paths:
            raise NstError(f"{boxes} names no photo of {photos}: check its column `image`")
        for name in sorted(named - {path.name for path in paths}):
            print_note(f"{boxes} names {name}, which {photos} does not hold")
        if others:
            print_note(f"{boxes} names no object in {len(others)} other photos: left out")

    def work(path: Path) -> dict[str, Any]:
        photo = read_picture(path)
        found = _objects(path, photo, text, boxes)
        cutouts = [cut_out(photo, each, settings_here().cutout) for each in found]
        write = _write_matte if full_frame else _write_stickers
        write(out / f"{path.stem}.png", cutouts)
        quality = min(float(each.quality) for each in cutouts)
        return {"photo": path.name, "objects": len(found), "quality": round(quality, 3)}

    work_through("cutting out", paths, work, as_json=as_json)
