"""Decode the pixels of an opened photo as they are stored, and hand them on in strips.

Pillow keeps four bytes for each pixel of a color picture, and every conversion makes another copy.
Converted in strips, no photo of 100 megapixels takes more than 1.5 GB.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.damage import JPEG_DAMAGE, check_whole
from nst_pipeline.vision.images.guarded import GUARDED, decode_guarded, decode_guarded_tiff
from nst_pipeline.vision.images.header import OpenedPhoto

Stored = Image.Image | NDArray[np.uint8]
"""Pixels before they are turned upright: of Pillow, or (height, width[, channels]) RGB or RGBA."""
LevelsT = TypeVar("LevelsT", bound=NDArray[Any])

_STRIP_PIXELS = 1 << 21
_SMALLEST_SCALE = 8
_JPEG_SPACES = {"RGB": "RGB", "L": "GRAY"}
"""simplejpeg's names of Pillow's modes. Inks are left to Pillow, which knows their polarity."""


def _decode_jpeg(data: bytes, image: Image.Image) -> Stored:
    """Decode a JPEG, and refuse it if its decoder warns: Pillow fills what is missing with gray.

    Inks are decoded by Pillow, and checked at an eighth of the size.
    """
    space = _JPEG_SPACES.get(image.mode)
    height = 0 if space else -(-image.height // _SMALLEST_SCALE)
    try:
        pixels = simplejpeg.decode_jpeg(
            data, colorspace=space or "CMYK", fastdct=not space, min_height=height
        )
    except ValueError as error:
        if str(error).startswith(JPEG_DAMAGE):
            raise UnreadableImageError(f"damaged or cut short ({error})") from error
        return image
    if not space or pixels.shape[:2] != image.size[::-1]:
        return image
    return cast(Stored, pixels[..., 0] if space == "GRAY" else pixels)


def _decode_webp(data: bytes, image: Image.Image) -> Stored:
    """Decode a still WebP with OpenCV, in half of the memory that Pillow takes for animations."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != image.size[::-1]:
        raise UnreadableImageError("damaged or cut short (its pixels)")
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cast(Stored, cv2.cvtColor(pixels, code, dst=pixels))


def _is_wide_with_transparent_color(image: Image.Image) -> bool:
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return "transparency" in image.info and bool(tiles) and tiles[0].args == "RGB;16B"


def _decode_wide_png(data: bytes) -> Stored:
    """Decode a PNG of 16-bit RGB with a transparent color, of which Pillow compares 8 bits only."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[2:] != (4,):
        raise UnreadableImageError("damaged or cut short (its pixels)")
    cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA, dst=pixels)
    high = 0 if sys.byteorder == "big" else 1
    return pixels.view(np.uint8)[..., high::2]  # as Pillow rounds


def decode_stored(data: bytes, photo: OpenedPhoto) -> tuple[Stored, int]:
    """Decode a photo's or mask's pixels as they are stored, if the file is whole.

    Parameters
    ----------
    data
        The file.
    photo
        The same file, opened.

    Returns
    -------
    tuple of Stored and int
        The pixels, and the EXIF orientation that `turned` needs to make them upright. Pillow turns
        TIFFs, and the decoder of HEIC its pictures: theirs is 1.

    Raises
    ------
    UnreadableImageError
        They are damaged. A decoder may also raise what `opened` turns into such an error.
    """
    image, header = photo.image, photo.header
    progressive = "progressive" in image.info
    check_whole(io.BytesIO(data), header.format, header.megapixels, progressive=progressive)
    stored: Stored = image
    if image.format == "WEBP":
        stored = _decode_webp(data, image)
    elif image.format == "PNG" and _is_wide_with_transparent_color(image):
        stored = _decode_wide_png(data)
    elif image.format in ("JPEG", "MPO"):
        stored = _decode_jpeg(data, image)
    elif image.format == "TIFF" and photo.page is not None and photo.page.is_compressed:
        stored = decode_guarded_tiff(data, photo.page.number)
    elif image.format in GUARDED:
        stored = decode_guarded(data)
        # What was decoded elsewhere has no metadata.
        stored.info["exif"] = image.info.get("exif") or b""
    source = image
    if isinstance(stored, Image.Image):
        source = stored
        source.load()
    return stored, source.getexif().get(ExifTags.Base.Orientation, 1)


def size_of(stored: Stored) -> tuple[int, int]:
    """Return the width and height of stored pixels."""
    if isinstance(stored, Image.Image):
        return stored.size
    height, width = stored.shape[:2]
    return width, height


def strips(stored: Stored) -> Iterator[tuple[slice, Image.Image]]:
    """Cut pixels into strips of a few million, from top to bottom.

    Yields
    ------
    tuple of slice and PIL.Image.Image
        The rows, and their pixels, with Pillow's metadata if there are any.
    """
    width, height = size_of(stored)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        part = slice(top, min(top + rows, height))
        if isinstance(stored, Image.Image):
            yield part, stored.crop((0, part.start, width, part.stop))
        else:
            yield part, Image.fromarray(stored[part])


_TURNS: dict[int, Callable[[Any], Any]] = {
    2: lambda levels: cv2.flip(levels, 1),
    3: lambda levels: cv2.rotate(levels, cv2.ROTATE_180),
    4: lambda levels: cv2.flip(levels, 0),
    5: cv2.transpose,
    6: lambda levels: cv2.rotate(levels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda levels: cv2.flip(cv2.transpose(levels), -1),
    8: lambda levels: cv2.rotate(levels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def turned(levels: LevelsT, orientation: object) -> LevelsT:
    """Turn stored pixels upright.

    Parameters
    ----------
    levels
        (height, width) or (height, width, channels) uint8.
    orientation
        As EXIF states it; anything but 2 to 8 turns nothing.

    Examples
    --------
    >>> turned(np.array([[1, 2, 3]], np.uint8), 6).tolist()
    [[1], [2], [3]]
    """
    if not isinstance(orientation, int) or orientation not in _TURNS:
        return levels
    return cast(LevelsT, _TURNS[orientation](levels))
