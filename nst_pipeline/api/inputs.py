"""What callers may give: pictures and masks as arrays, paths or PIL pictures, and settings."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings
from nst_pipeline.settings import load_settings as load_from
from nst_pipeline.storage import pictures
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.shapes import Matte, Rgb, Rgba

PictureLike = str | os.PathLike[str] | NDArray[Any] | Image.Image
"""A path, an array (height, width, 3 or 4) uint8, RGB or RGBA, or a PIL picture."""
MaskLike = PictureLike
"""A path or a PIL picture, white on the object; or an array (height, width): bool, uint8 0..255, or
float 0..1."""

_OPAQUE = 255
_AS_IS = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""PIL's modes that a PNG file holds unchanged."""


def load_settings(folder: str | os.PathLike[str]) -> Settings:
    """Read the settings of a collection: its `nst.toml`, and the environment, which wins.

    Parameters
    ----------
    folder
        The data root, such as `data`.

    Raises
    ------
    SettingError
        A setting is unknown or out of range.
    """
    return load_from(UPath(folder))


def name_of(given: PictureLike) -> str:
    """Name a picture in messages: its path, else `the picture`."""
    return os.fspath(given) if isinstance(given, str | os.PathLike) else "the picture"


def _as_png(image: Image.Image) -> bytes:
    """Write a PIL picture as a file, so that it is read as files are: upright, in sRGB."""
    options: dict[str, Any] = {"exif": image.getexif(), "compress_level": 1}
    if image.mode not in _AS_IS:
        image, options["icc_profile"] = image.convert("RGB"), None
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def _check_array(array: NDArray[Any]) -> NDArray[np.uint8]:
    is_picture = array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] in (3, 4)
    if not is_picture or not array.size:
        raise NstError(
            f"an array of shape {array.shape} and type {array.dtype} is no picture: give (height, "
            "width, 3) uint8 in the order red, green, blue, or (height, width, 4) with alpha"
        )
    return np.ascontiguousarray(array)


def open_picture(given: PictureLike, settings: Settings) -> Rgb | Rgba:
    """Open a picture with its transparency, if it has any.

    Parameters
    ----------
    given
        Files and PIL pictures are turned upright and converted to sRGB; arrays are taken as they
        are.
    settings
        `ingest.max_megapixels` limits files and PIL pictures.

    Returns
    -------
    (height, width, 3) or (height, width, 4) uint8
        Four channels only if a part is transparent.

    Raises
    ------
    NstError
        The file cannot be read, or the array is no picture.
    UnreadableImageError
        The file is not a usable picture.
    """
    most = settings.ingest.max_megapixels
    alpha: Matte | None
    if isinstance(given, np.ndarray):
        array = _check_array(given)
        transparent = array.shape[2] == 4 and bool((array[..., 3] < _OPAQUE).any())
        return array if transparent else np.ascontiguousarray(array[..., :3])
    if isinstance(given, Image.Image):
        data = _as_png(given)
        colors = decode_photo(data, name=name_of(given), max_megapixels=most)
        alpha = decode_alpha(data, max_megapixels=most)
    else:
        colors = pictures.read_picture(Path(given), max_megapixels=most)
        alpha = pictures.read_alpha(Path(given), max_megapixels=most)
    return colors if alpha is None else np.dstack([colors, to_uint8(alpha)])


def open_colors(given: PictureLike, settings: Settings) -> Rgb:
    """Open a picture without its transparency, as `open_picture` does."""
    return np.ascontiguousarray(open_picture(given, settings)[..., :3])


def split_alpha(picture: Rgb | Rgba) -> tuple[Rgb, Matte | None]:
    """Return a picture's colors, and its alpha, 0..1, if it has one."""
    if picture.shape[2] == 3:
        return picture, None
    return np.ascontiguousarray(picture[..., :3]), to_float(picture[..., 3])


def _matte_from_array(array: NDArray[Any]) -> Matte:
    if array.ndim == 3:
        green, alpha = _check_array(array)[..., 1], split_alpha(_check_array(array))[1]
        return to_float(green) if alpha is None else to_float(green) * alpha
    if array.dtype == np.uint8:
        return to_float(array)
    matte = array.astype(np.float32)
    if array.ndim != 2 or not np.isfinite(matte).all() or matte.min() < 0 or matte.max() > 1:
        raise NstError(
            f"an array of shape {array.shape} and type {array.dtype} is no mask: give (height, "
            "width), as bool, as uint8 from 0 to 255, or as float from 0 to 1"
        )
    return matte


def open_matte(given: MaskLike, picture: Rgb, settings: Settings) -> Matte:
    """Open the mask of a picture: white on the object, black around it.

    Parameters
    ----------
    given
        The mask; where it is transparent, it counts as black.
    picture
        (height, width, 3), the picture that it belongs to.
    settings
        `ingest.max_megapixels` limits files and PIL pictures.

    Returns
    -------
    (height, width) float32, 0..1

    Raises
    ------
    NstError
        It cannot be read, its size differs from the picture's, or it shows no object or no
        background.
    UnreadableImageError
        The file is not a usable picture.
    """
    if isinstance(given, str | os.PathLike):
        most = settings.ingest.max_megapixels
        matte = pictures.read_matte(Path(given), picture, max_megapixels=most)
        pictures.check_matte(Path(given), matte)
        return matte
    matte = _matte_from_array(
        given if isinstance(given, np.ndarray) else open_picture(given, settings)
    )
    if matte.shape != picture.shape[:2]:
        raise NstError(
            f"the mask is {matte.shape[1]} x {matte.shape[0]} pixels, but its picture is "
            f"{picture.shape[1]} x {picture.shape[0]}: give one of the picture's size"
        )
    pictures.check_matte(Path("the mask"), matte)
    return matte
