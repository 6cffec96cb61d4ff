"""Read picture files outside a collection, by path: photos, masks and stickers."""

from __future__ import annotations

import glob
from pathlib import Path

import numpy as np

from nst_pipeline.errors import NstError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.listing import PHOTO_SUFFIXES
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import CORE_ALPHA
from nst_pipeline.vision.shapes import Matte, Rgb, Rgba

MASK = ".mask"
"""End of the stem of a mask beside its picture: `NAME.mask.png` belongs to `NAME.png`."""

MAX_MEGAPIXELS = IngestSettings().max_megapixels
"""Default limit: a larger picture is refused before it is decoded."""


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures in a folder by name, without the masks beside them.

    Parameters
    ----------
    folder
        Searched without its subfolders.

    Returns
    -------
    list of Path
        At least one.

    Raises
    ------
    NstError
        The folder does not exist or has no picture.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     for file in ("b.jpg", "a.png", "a.mask.png", "notes.txt"):
    ...         (Path(name) / file).touch()
    ...     [path.name for path in list_pictures(Path(name))]
    ['a.png', 'b.jpg']
    """
    if not folder.is_dir():
        raise NstError(f"{folder}: no such folder; give a folder of pictures")
    found = sorted(path for path in folder.iterdir() if _is_picture(path))
    pictures = [path for path in found if not path.stem.lower().endswith(MASK)]
    if not pictures:
        raise NstError(f"{folder} has no JPEG, PNG, WebP, TIFF, BMP, HEIC, or AVIF picture")
    return pictures


def find_counterpart(folder: Path, picture: Path, *, kind: str = "mask") -> Path:
    """Find the mask of a picture in a folder: `NAME.mask.*`, else `NAME.*`.

    Parameters
    ----------
    folder
        The folder to search; may be the picture's.
    picture
        The picture, which is never its own counterpart. Its suffix does not matter.
    kind
        What the counterpart is, for the error message.

    Returns
    -------
    Path
        The counterpart.

    Raises
    ------
    NstError
        There is none.
    """
    found = _named(folder, picture.stem + MASK, picture) or _named(folder, picture.stem, picture)
    if found is None:
        raise NstError(
            f"{picture}: {folder} has no {kind} named {picture.stem}{MASK}.png or "
            f"{picture.stem}.png"
        )
    return found


def _named(folder: Path, stem: str, other: Path) -> Path | None:
    """Return the first picture of a folder with a name, in any case, other than a given file."""
    exact = sorted(folder.glob(f"{glob.escape(stem)}.*"))
    others = (path for path in sorted(folder.iterdir()) if path not in exact)
    for candidate in (*exact, *others):
        is_match = candidate.stem.lower() == stem.lower() and _is_picture(candidate)
        if is_match and not candidate.samefile(other):
            return candidate
    return None


def find_source(folder: Path, picture: Path) -> tuple[Path | None, Path | None]:
    """Find the photo that a picture's object comes from, `NAME.*`, and its mask, `NAME.mask.*`.

    Parameters
    ----------
    folder
        The folder to search.
    picture
        The picture; its suffix does not matter.

    Returns
    -------
    tuple of Path or None
        The photo and the mask; None for what is not there.
    """
    return _named(folder, picture.stem, picture), _named(folder, picture.stem + MASK, picture)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises
    ------
    NstError
        It cannot be read, or is a pipe or a device; the message names the file and the reason.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # Opening a pipe would wait for a writer.
            raise NstError(f"{path} is a pipe or a device: give a file")
        return path.read_bytes()
    except OSError as error:
        raise NstError(f"{path} cannot be read ({error.strerror})") from error


def read_text(path: Path) -> str:
    """Read a text file, with or without a byte order mark.

    Raises
    ------
    NstError
        It cannot be read, or is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NstError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error


def read_picture(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> Rgb:
    """Read a picture upright, in sRGB; its own colors, white where it is invisible.

    Parameters
    ----------
    path
        A JPEG, PNG, WebP, TIFF, BMP, HEIC, or AVIF file.
    max_megapixels
        Larger pictures are refused before they are decoded.

    Returns
    -------
    (height, width, 3) uint8, RGB

    Raises
    ------
    NstError
        It cannot be read.
    UnreadableImageError
        It is not a usable picture.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from nst_pipeline.vision.images.png import encode_png
    >>> with TemporaryDirectory() as name:
    ...     path = Path(name) / "red.png"
    ...     _ = path.write_bytes(encode_png(np.full((4, 6, 3), [255, 0, 0], np.uint8)))
    ...     read_picture(path).shape
    (4, 6, 3)
    """
    return decode_photo(read_bytes(path), name=str(path), max_megapixels=max_megapixels)


def read_alpha(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> Matte | None:
    """Read a picture's own transparency.

    Parameters
    ----------
    path
        A picture file.
    max_megapixels
        Larger pictures are refused before they are decoded.

    Returns
    -------
    (height, width) float32, 0..1, upright; None if it has no transparency or covers everything

    Raises
    ------
    NstError
        It cannot be read.
    UnreadableImageError
        It is not a usable picture.
    """
    return decode_alpha(read_bytes(path), max_megapixels=max_megapixels)


def read_matte(path: Path, picture: Rgb, *, max_megapixels: float = MAX_MEGAPIXELS) -> Matte:
    """Read the mask or matte of a picture: white on the object, black around it.

    Parameters
    ----------
    path
        A picture file; its green channel counts. Where it is transparent, it counts as black.
    picture
        The picture that the mask belongs to, (height, width, 3).
    max_megapixels
        Larger pictures are refused before they are decoded.

    Returns
    -------
    (height, width) float32, 0..1

    Raises
    ------
    NstError
        It cannot be read, or its size differs from the picture's.
    UnreadableImageError
        It is not a usable picture.
    """
    gray = read_picture(path, max_megapixels=max_megapixels)[..., 1]
    alpha = read_alpha(path, max_megapixels=max_megapixels)
    if gray.shape != picture.shape[:2]:
        raise NstError(
            f"{path} is {gray.shape[1]} x {gray.shape[0]} pixels, but its picture is "
            f"{picture.shape[1]} x {picture.shape[0]}: save the mask at the picture's size"
        )
    return to_float(gray) if alpha is None else to_float(gray) * alpha


def check_matte(path: Path, matte: Matte) -> None:
    """Check that a mask has an object and a background.

    Parameters
    ----------
    path
        The file, for the error message.
    matte
        (height, width) float32, 0..1.

    Raises
    ------
    NstError
        The mask is all background or all object.
    """
    if matte.max() < CORE_ALPHA or matte.min() >= CORE_ALPHA:
        part = "object" if matte.max() < CORE_ALPHA else "background"
        raise NstError(
            f"{path} shows no {part}: a mask is white (255) on the object and black (0) around it"
        )


def read_sticker(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> Rgba:
    """Read a cut-out object with its transparency.

    Parameters
    ----------
    path
        A picture file with an alpha channel.
    max_megapixels
        Larger pictures are refused before they are decoded.

    Returns
    -------
    (height, width, 4) uint8, RGBA

    Raises
    ------
    NstError
        It cannot be read, is opaque, or is transparent everywhere.
    UnreadableImageError
        It is not a usable picture.
    """
    colors = read_picture(path, max_megapixels=max_megapixels)
    alpha = read_alpha(path, max_megapixels=max_megapixels)
    if alpha is None:
        raise NstError(f"{path} has no transparency: cut the object out with `nst cutout` first")
    if not alpha.any():
        raise NstError(f"{path} is transparent everywhere: there is nothing to paste")
    return np.dstack([colors, to_uint8(alpha)])
