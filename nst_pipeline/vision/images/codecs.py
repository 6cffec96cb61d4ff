"""Decode any photo to 8-bit sRGB; encode JPEG and WebP."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, PLANAR_CONFIGURATION, TiffImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Picture, Rgb

# Pillow's own limit warns at 89 Mpx regardless of the settings; `check_header` enforces
# `ingest.max_megapixels` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""MPO, the JPEG with additional images that phones write, counts as JPEG for Pillow."""
_ROTATED_ORIENTATIONS = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_UINT16_PER_UINT8 = 257
_OPAQUE_LEVEL, _OPAQUE_SHARE = 250, 0.999
"""With this share of its pixels at this level or above, an alpha cuts nothing out."""
_WHITE = 255
_SEPARATE_PLANES = 2
"""PlanarConfiguration of TIFF 6.0."""
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    MemoryError,
    struct.error,
)
"""What Pillow raises for damaged files, depending on the format and the damage."""


@dataclass(frozen=True)
class Header:
    """A photo's header. `width` and `height` are those of the upright photo, in pixels."""

    width: int
    height: int
    format: str
    """JPEG, PNG, WEBP, TIFF or BMP."""
    orientation: int
    """EXIF orientation, 1 (stored upright) to 8."""
    frames: int
    """Pages or animation frames; 1 for a single picture."""
    mode: str
    """Pillow's mode of the stored pixels: `RGB`, `L`, `I;16`, `CMYK`, `P`, …"""
    copyright: str = ""
    """The EXIF copyright notice."""

    @property
    def megapixels(self) -> float:
        """Pixels in millions."""
        return self.width * self.height / 1e6


@contextmanager
def _opened(source: bytes | BinaryIO) -> Iterator[Image.Image]:
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    if not stream.read(1):
        raise UnreadableImageError("the file is empty")
    stream.seek(0)
    try:
        image = Image.open(stream, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise UnreadableImageError(
            "not a JPEG, PNG, WebP, TIFF or BMP picture, or its header is broken"
        ) from error
    except _DECODER_ERRORS as error:
        raise UnreadableImageError(f"damaged or cut short ({error})") from error
    with image:
        yield image


def _copyright(exif: Image.Exif) -> str:
    """Return the EXIF copyright notice on one line: ASCII by the standard, UTF-8 in practice."""
    notice = str(exif.get(ExifTags.Base.Copyright, ""))
    with suppress(UnicodeError):
        notice = notice.encode("latin-1").decode()
    return " ".join(notice.replace("\0", " ").split())


def _header(image: Image.Image) -> Header:
    # Not `image.getexif()`: that of a PNG decodes the pixels to look for metadata after them.
    exif = Image.Image.getexif(image)
    orientation = int(exif.get(ExifTags.Base.Orientation, 1))
    width, height = image.size
    # Pillow reports the upright size of a TIFF, and the stored size of every other format.
    if orientation in _ROTATED_ORIENTATIONS and image.format != "TIFF":
        width, height = height, width
    # The additional images of an MPO (previews, depth, gain maps) are not an animation.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    name = "JPEG" if image.format == "MPO" else str(image.format)
    return Header(width, height, name, orientation, frames, image.mode, _copyright(exif))


def read_header(source: bytes | BinaryIO) -> Header:
    """Read a photo's size, format, orientation and number of frames without decoding it.

    Parameters
    ----------
    source
        The file's content, or a seekable file at its start.

    Returns
    -------
    Header
        Its size is that of the upright photo.

    Raises
    ------
    UnreadableImageError
        The file is empty, not a photo, or has a damaged header. The message gives the reason
        without the file's name, which the caller knows.
    """
    with _opened(source) as image:
        try:
            return _header(image)
        except _DECODER_ERRORS as error:
            raise UnreadableImageError(f"damaged or cut short ({error})") from error


def check_header(header: Header, *, max_megapixels: float) -> None:
    """Refuse photos that the pipeline cannot use.

    Parameters
    ----------
    header
        From `read_header`.
    max_megapixels
        Largest allowed size.

    Raises
    ------
    UnreadableImageError
        The photo has several frames or more pixels than allowed. The message gives the reason
        without the file's name.
    """
    if header.frames > 1:
        kind = "pages" if header.format == "TIFF" else "frames (animated)"
        raise UnreadableImageError(f"{header.frames} {kind}: only single pictures are used")
    if header.megapixels > max_megapixels:
        raise UnreadableImageError(
            f"{header.width} x {header.height} pixels = {header.megapixels:.4g} Mpx"
            f" > limit ingest.max_megapixels {max_megapixels:.4g}"
        )


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Divide 16-bit gray by 257; Pillow itself would clip it at 255."""
    if image.mode.startswith("I;16"):
        wide = np.asarray(image).astype(np.uint32)
        rounded = (wide + _UINT16_PER_UINT8 // 2) // _UINT16_PER_UINT8
        return Image.fromarray(rounded.astype(np.uint8))
    if image.mode in ("I", "F"):
        raise UnreadableImageError("32 bits per channel: save it with 8 or 16")
    return image


def _to_basic_mode(image: Image.Image) -> Image.Image:
    """Convert to L, RGB or CMYK, keeping the colors."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def _fix_transparent_color(image: Image.Image) -> None:
    """Divide the transparent color of a 16-bit RGB PNG by 256, as Pillow divides its pixels."""
    color = image.info.get("transparency")
    if isinstance(image, PngImageFile) and image.tile[0].args == "RGB;16B" and color:
        image.info["transparency"] = tuple(level >> 8 for level in color)


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


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded profile, or assume sRGB (for CMYK, uncalibrated inks)."""
    if not profile:
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == "RGB" and image.mode == "L":
            image = image.convert("RGB")
        converted = ImageCms.profileToProfile(
            image,
            source,
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # The profile is damaged or made for other channels. Viewers ignore it, too.
        return image.convert("RGB")
    return cast(Image.Image, converted)


def _fix_ink_polarity(image: Image.Image) -> Image.Image:
    """Undo Pillow's inversion of CMYK JPEGs, which only those by Adobe need."""
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        return ImageChops.invert(image)
    return image


def _is_planar_16_bit(image: TiffImageFile) -> bool:
    """Check whether Pillow would misread the file without raising an error."""
    bits = image.tag_v2.get(BITSPERSAMPLE, (8,))
    return image.tag_v2.get(PLANAR_CONFIGURATION) == _SEPARATE_PLANES and max(bits) > 8


def _decode_upright(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Decode to 8-bit gray, RGB or CMYK, and alpha if any, rotated by the EXIF orientation."""
    if isinstance(image, TiffImageFile) and _is_planar_16_bit(image):
        raise UnreadableImageError("16-bit TIFF in separate planes: save it interleaved")
    _fix_transparent_color(image)
    image.load()
    upright = _fix_ink_polarity(image)
    ImageOps.exif_transpose(upright, in_place=True)
    colors, alpha = _split_alpha(upright)
    return _to_basic_mode(_to_8_bit(colors)), alpha


def decode_photo(data: bytes, *, name: str, max_megapixels: float) -> Rgb:
    """Decode a photo of any supported kind to upright 8-bit sRGB.

    Embedded color profiles (Display P3, Adobe RGB, inks) are converted; gray and RGB without a
    profile count as sRGB. Transparency does not change a color: a pixel has the color that the
    file gives it, or white if it is invisible. `decode_alpha` returns the transparency itself.

    Parameters
    ----------
    data
        Content of a JPEG, PNG, WebP, TIFF or BMP file.
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
        with _opened(data) as image:
            check_header(_header(image), max_megapixels=max_megapixels)
            profile = image.info.get("icc_profile")
            colors, alpha = _decode_upright(image)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{name}: {error}") from error
    except _DECODER_ERRORS as error:
        raise UnreadableImageError(f"{name}: damaged or cut short ({error})") from error
    photo = np.array(_to_srgb(colors, profile))
    if alpha is not None:
        photo[np.asarray(alpha) == 0] = _WHITE
    return photo


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
    with _opened(data) as image:
        if not image.has_transparency_data:
            return None
        try:
            check_header(_header(image), max_megapixels=max_megapixels)
            _, alpha = _decode_upright(image)
        except _DECODER_ERRORS as error:
            raise UnreadableImageError(f"damaged or cut short ({error})") from error
    levels = np.asarray(alpha)
    if np.mean(levels >= _OPAQUE_LEVEL) >= _OPAQUE_SHARE:
        return None
    return to_float(levels)


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
