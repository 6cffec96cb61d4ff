"""Reading, writing and walking folders of pictures for the commands on them."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from upath import UPath

from nst_pipeline.cli.output import bars, finish
from nst_pipeline.errors import ModelUnavailableError, NstError, SettingError
from nst_pipeline.settings import Settings, data_root, load_settings
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.listing import PHOTO_SUFFIXES
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import CORE_ALPHA
from nst_pipeline.vision.shapes import Matte, Rgb


def settings_here() -> Settings:
    """The settings of the collection here, or the defaults."""
    return load_settings(data_root())


_MASK = ".mask"
"""`nst compose` lays the mask beside its composite: `NAME.mask.png`."""


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.stem.endswith(_MASK)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; masks beside them are left out.

    Raises:
        NstError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise NstError(f"{folder}: no such folder; give one that holds pictures")
    found = sorted(path for path in folder.iterdir() if _is_picture(path))
    if not found:
        raise NstError(f"{folder} holds no JPEG, PNG, WebP, TIFF or BMP picture")
    return found


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        NstError: it cannot be read; names it and the reason.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise NstError(f"{path} cannot be read ({error.strerror})") from error


def read_text(path: Path) -> str:
    """A text file.

    Raises:
        NstError: it cannot be read, or is no UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NstError(f"{path} is no UTF-8 text ({error}): save it as UTF-8") from error


def read_picture(path: Path) -> Rgb:
    """A picture, upright, sRGB, 8 bits.

    Raises:
        NstError: it cannot be read, or is no usable picture.
    """
    limit = settings_here().ingest.max_megapixels
    return decode_photo(read_bytes(path), name=str(path), max_megapixels=limit)


def read_matte(path: Path, like: Rgb) -> Matte:
    """A mask or matte as gray 0..1, of the size of the picture it belongs to.

    Raises:
        NstError: it cannot be read, or has another size.
    """
    gray = read_picture(path)[..., 1]
    if gray.shape != like.shape[:2]:
        raise NstError(
            f"{path} is {gray.shape[1]} x {gray.shape[0]}, its picture {like.shape[1]} x "
            f"{like.shape[0]} pixels: save the mask at the picture's size"
        )
    return to_float(gray)


def check_matte(path: Path, matte: Matte) -> None:
    """A mask must show an object, and something around it.

    Raises:
        NstError: it does not.
    """
    if matte.max() < CORE_ALPHA or matte.min() >= CORE_ALPHA:
        shows = "no object" if matte.max() < CORE_ALPHA else "nothing but object"
        raise NstError(
            f"{path} shows {shows}: a mask is white (255) on the object and black (0) around it"
        )


def check_not_input(out: Path, inputs: Iterable[Path]) -> None:
    """Results never take the place of what they are made from.

    Raises:
        NstError: the result's path is an input's.
    """
    if out.exists() and any(out.samefile(each) for each in inputs):
        raise NstError(f"{out} is an input and would be lost: give --out another name or folder")


def partner(folder: Path, path: Path, what: str) -> Path:
    """The other picture of a folder that has the same name and `.mask`, or the same name alone.

    The suffix does not matter. A picture is never its own partner.

    Raises:
        NstError: there is none.
    """
    for name in (path.stem + _MASK, path.stem):
        for candidate in sorted(folder.glob(f"{glob.escape(name)}.*")):
            is_picture = candidate.stem == name and candidate.suffix.lower() in PHOTO_SUFFIXES
            if is_picture and not candidate.samefile(path):
                return candidate
    raise NstError(
        f"{path}: {folder} holds no {what} named {path.stem}{_MASK}.png or {path.stem}.png"
    )


def write_file(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        NstError: it cannot be written.
    """
    try:
        write_atomically(UPath(path), data)
    except OSError as error:
        raise NstError(f"{path} cannot be written ({error.strerror})") from error


def check_png(path: Path) -> None:
    """Results keep every value, so they are PNG.

    Raises:
        NstError: the name says something else.
    """
    if path.suffix.lower() != ".png":
        raise NstError(f"--out {path}: results are PNG files: let the name end in .png")


def work_through(
    name: str,
    paths: Sequence[Path],
    work: Callable[[Path], dict[str, Any]],
    *,
    as_json: bool,
) -> None:
    """Work on each file, with a bar; one that fails is named at the end and costs not the others.

    Args:
        name: of the bar.
        paths: the files.
        work: handles a file and returns what the table says of it.
        as_json: print JSON instead of a table.

    Raises:
        typer.Exit: with code 1 if a file failed.
    """
    done, failed = [], {}
    with bars() as progress:
        for path in progress.track(paths, description=name):
            try:
                done.append(work(path))
            except (ModelUnavailableError, SettingError):
                # It concerns every file: once is enough.
                raise
            except NstError as error:
                failed[str(path)] = str(error)
    finish(done, failed, as_json=as_json)
