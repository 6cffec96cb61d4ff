"""Decode any photo to 8-bit sRGB; encode JPEG and WebP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, reduce
from typing import cast

import cv2
import numpy as np
from PIL import Image, ImageChops, ImageCms
from PIL.PngImagePlugin import PngImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.header import OpenedPhoto, check_header, check_size, opened
from nst_pipeline.vision.images.pixels import decode_stored, size_of, strips, turned
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.images.tiff import Page
from nst_pipeline.vision.shapes import Mask, Matte, Picture, Rgb

_UINT16_MAX = 65_535
_OPAQUE_LEVEL, _OPAQUE_SHARE = 250, 0.999
"""With this share of its pixels at this level or above, an alpha cuts nothing out."""
_WHITE, _HALF = 255, 127
_GRAY_SCALES = {"L;2": 85, "L;4": 17}
"""Factors to 8 bits, by Pillow's name of the stored levels."""
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _to_8_bit(image: Image.Image, page: Page | None) -> Image.Image:
    """Scale gray of more than 8 bits, which Pillow itself would clip at 255."""
    if image.mode.startswith("I;16"):
        highest = (1 << page.bits) - 1 if page is not None else _UINT16_MAX
        levels = np.minimum(np.asarray(image), highest).astype(np.uint32)
        rounded = ((levels * _WHITE + highest // 2) // highest).astype(np.uint8)
        inverted = page is not None and page.is_white_zero
        return Image.fromarray(_WHITE - rounded if inverted else rounded)
    if image.mode in ("I", "F"):
        raise UnreadableImageError("32 bits per channel: save it with 8 or 16")
    return image


def _to_basic_mode(image: Image.Image) -> Image.Image:
    """Convert to L, RGB or CMYK, keeping the colors."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _fix_transparent_color(image: Image.Image) -> None:
    """Scale a PNG's transparent color as Pillow scales its pixels to 8 bits."""
    color = image.info.get("transparency")
    if not isinstance(image, PngImageFile) or color is None:
        return
    stored = image.tile[0].args
    if stored in _GRAY_SCALES:
        image.info["transparency"] = color * _GRAY_SCALES[stored]


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Separate the colors from the transparency (L), if there is any; colors are not mixed."""
    if not image.has_transparency_data:
        return image, None
    if image.mode.startswith("I;16"):
        # Pillow clips such pixels at 255 before it looks for the transparent level.
        differs = np.asarray(image) != image.info["transparency"]
        return image, Image.fromarray(np.where(differs, 255, 0).astype(np.uint8))
    both = image.convert("LA" if image.mode in ("1", "L", "LA", "La") else "RGBA")
    return both, both.getchannel("A")


def _has_inverted_inks(image: Image.Image) -> bool:
    """Whether Pillow inverts the inks of a JPEG, which only those by Adobe need."""
    return image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transformation to sRGB; None if the profile is damaged or for other channels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() == "RGB" and mode == "L":
            mode = "RGB"
        return ImageCms.buildTransform(
            source,
            _SRGB,
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded profile, or assume sRGB (for CMYK, uncalibrated inks).

    Viewers ignore a profile that cannot be used, too.
    """
    transform = _transform(profile, image.mode) if profile else None
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode != transform.input_mode:
        image = image.convert(transform.input_mode)
    return cast(Image.Image, ImageCms.applyTransform(image, transform))


@contextmanager
def _checked(data: bytes, max_megapixels: float) -> Iterator[OpenedPhoto]:
    """Open a photo, and check that it is not too large."""
    check_size(len(data), max_megapixels=max_megapixels)
    with opened(data) as photo:
        check_header(photo.header, max_megapixels=max_megapixels)
        yield photo


def _decode_colors(data: bytes, photo: OpenedPhoto) -> Rgb:
    """Decode to upright sRGB, white where the photo is transparent."""
    is_inverted = _has_inverted_inks(photo.image)
    _fix_transparent_color(photo.image)
    stored, orientation = decode_stored(data, photo)
    colors = np.empty((*size_of(stored)[::-1], 3), np.uint8)
    for rows, strip in strips(stored):
        pixels, alpha = _split_alpha(ImageChops.invert(strip) if is_inverted else strip)
        basic = _to_basic_mode(_to_8_bit(pixels, photo.page))
        colors[rows] = np.asarray(_to_srgb(basic, photo.profile))
        if alpha is not None:
            colors[rows][np.asarray(alpha) == 0] = _WHITE
    return turned(colors, orientation)


def _decode_levels(data: bytes, max_megapixels: float) -> Picture | None:
    """Decode the upright alpha, (height, width); None if the photo cannot have any."""
    with opened(data) as photo:
        if not photo.image.has_transparency_data:
            return None
        check_header(photo.header, max_megapixels=max_megapixels)
        _fix_transparent_color(photo.image)
        stored, orientation = decode_stored(data, photo)
    levels = np.full(size_of(stored)[::-1], _WHITE, np.uint8)
    for rows, strip in strips(stored):
        alpha = _split_alpha(strip)[1]
        if alpha is not None:
            levels[rows] = np.asarray(alpha)
    return turned(levels, orientation)


def decode_photo(data: bytes, *, name: str, max_megapixels: float) -> Rgb:
    """Decode a photo of any supported kind to upright 8-bit sRGB.

    Embedded color profiles (Display P3, Adobe RGB, inks) are converted; gray and RGB without a
    profile count as sRGB. Transparency does not change a color: a pixel has the color that the
    file gives it, or white if it is invisible. `decode_alpha` returns the transparency itself.

    Parameters
    ----------
    data
        Content of a JPEG, PNG, WebP, TIFF, BMP, HEIC or AVIF file.
    name
        The file's name, for the error message.
    max_megapixels
        Larger photos are refused by their header, before they are decoded.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB.

    Raises
    ------
    UnreadableImageError
        The photo is damaged, too large or not supported; the message names the file and the reason.

    Examples
    --------
    >>> data = encode_jpeg(np.full((8, 6, 3), 200, np.uint8))
    >>> decode_photo(data, name="gray.jpg", max_megapixels=1).shape
    (8, 6, 3)
    """
    try:
        with _checked(data, max_megapixels) as photo:
            return _decode_colors(data, photo)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{name}: {error}") from error


def decode_alpha(data: bytes, *, max_megapixels: float = 100.0) -> Matte | None:
    """Decode a photo's transparency as a matte.

    Parameters
    ----------
    data
        Content of the photo's file.
    max_megapixels
        Larger photos are refused by their header, before they are decoded.

    Returns
    -------
    numpy.ndarray or None
        (height, width) float32, 0..1, upright like the result of `decode_photo`. None if the photo
        has no transparency, or is at least 99.9 % opaque: such an alpha cuts nothing out.

    Raises
    ------
    UnreadableImageError
        The photo is damaged, too large or not supported. The message gives the reason without the
        file's name.
    """
    levels = _decode_levels(data, max_megapixels)
    if levels is None or np.mean(levels >= _OPAQUE_LEVEL) >= _OPAQUE_SHARE:
        return None
    return to_float(levels)


def decode_mask(data: bytes) -> Mask:
    """Decode a picture that is white where an object is, as it is stored.

    Parameters
    ----------
    data
        A picture file; profiles and the EXIF orientation are ignored.

    Returns
    -------
    numpy.ndarray
        (height, width) bool: where the brightest channel and the alpha are above 127 of 255.

    Raises
    ------
    UnreadableImageError
        The picture is damaged or not supported. The message gives the reason without the file's
        name.

    Examples
    --------
    >>> decode_mask(encode_jpeg(np.full((1, 2), 200, np.uint8))).tolist()
    [[True, True]]
    """
    with opened(data) as photo:
        _fix_transparent_color(photo.image)
        stored, _ = decode_stored(data, photo)
        inside = np.empty(size_of(stored)[::-1], bool)
        for rows, strip in strips(stored):
            pixels, alpha = _split_alpha(strip)
            bands = _to_basic_mode(_to_8_bit(pixels, photo.page)).split()
            bright = np.asarray(reduce(ImageChops.lighter, bands)) > _HALF
            inside[rows] = bright if alpha is None else bright & (np.asarray(alpha) > _HALF)
    return inside


_TO_OPENCV = {1: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


def _encode(suffix: str, picture: Picture, parameters: tuple[int, ...]) -> bytes:
    channels = picture.shape[2] if picture.ndim == 3 else 1
    code = _TO_OPENCV[channels]
    ordered = picture if code is None else cv2.cvtColor(picture, code)
    return cv2.imencode(suffix, ordered, parameters)[1].tobytes()


def encode_jpeg(picture: Picture, quality: int = 92) -> bytes:
    """Encode a uint8 image, (height, width) or (height, width, 3) RGB, as JPEG.

    `quality` is 0..100.
    """
    return _encode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_webp_thumbnail(picture: Picture, side: int, quality: int = 75) -> bytes:
    """Encode an image as WebP, shrunk to a longest side.

    Parameters
    ----------
    picture
        (height, width), (height, width, 3) RGB or (height, width, 4) RGBA, uint8.
    side
        Longest side in pixels; smaller images are not enlarged.
    quality
        1..100; the higher, the better.
    """
    small = shrink_to_fit(picture, side)
    return _encode(".webp", small, (cv2.IMWRITE_WEBP_QUALITY, quality))
