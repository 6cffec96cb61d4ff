"""Pictures from and to bytes: any photo in, sRGB 8-bit out; JPEG and WebP of our own."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import BITSPERSAMPLE, PLANAR_CONFIGURATION, TiffImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Picture, Rgb

# Pillow's own limit warns at 89 Mpx whatever the settings say; here the header is checked
# against `ingest.max_megapixels` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# Pillow opens MPO, the phones' JPEG with further pictures, through JPEG.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_TURNED_BY_90 = (5, 6, 7, 8)
_UINT16_PER_UINT8 = 257
_OPAQUE = 255
_SEPARATE = 2  # TIFF 6.0, PlanarConfiguration
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# What Pillow raises for broken files, by format and by what is broken.
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


@dataclass(frozen=True)
class Header:
    """What a photo's header says. `width` and `height` are the pixels as seen, upright."""

    width: int
    height: int
    format: str
    orientation: int
    """EXIF orientation, 1 (upright as stored) to 8."""
    frames: int
    mode: str
    """Pillow's name of the stored pixels: `RGB`, `L`, `I;16`, `CMYK`, `P`, …"""
    copyright: str = ""
    """EXIF's copyright notice."""

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
    """EXIF's notice in one line; it is ASCII by the standard and UTF-8 in practice."""
    notice = str(exif.get(ExifTags.Base.Copyright, ""))
    with suppress(UnicodeError):
        notice = notice.encode("latin-1").decode()
    return " ".join(notice.replace("\0", " ").split())


def _header(image: Image.Image) -> Header:
    # Not `image.getexif()`: a PNG's own decodes the picture in search of late metadata.
    exif = Image.Image.getexif(image)
    orientation = int(exif.get(ExifTags.Base.Orientation, 1))
    width, height = image.size
    # Pillow gives a TIFF's size as seen, every other format's as stored.
    if orientation in _TURNED_BY_90 and image.format != "TIFF":
        width, height = height, width
    # The further pictures of an MPO (previews, depth, gain maps of phones) are no animation.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    name = "JPEG" if image.format == "MPO" else str(image.format)
    return Header(width, height, name, orientation, frames, image.mode, _copyright(exif))


def read_header(source: bytes | BinaryIO) -> Header:
    """Read a photo's size, format, orientation and number of frames without decoding it.

    Raises:
        UnreadableImageError: empty, no picture, or a broken header; the message is the reason
            alone, the caller knows the file's name.
    """
    with _opened(source) as image:
        try:
            return _header(image)
        except _DECODER_ERRORS as error:
            raise UnreadableImageError(f"damaged or cut short ({error})") from error


def check_header(header: Header, *, max_megapixels: float) -> None:
    """Refuse what the pipeline cannot use: several frames, too many pixels.

    Raises:
        UnreadableImageError: with the reason alone.
    """
    if header.frames > 1:
        kind = "pages" if header.format == "TIFF" else "frames (animated)"
        raise UnreadableImageError(f"{header.frames} {kind}: only single pictures are used")
    if header.megapixels > max_megapixels:
        raise UnreadableImageError(
            f"{header.width} x {header.height} pixels = {header.megapixels:.4g} Mpx"
            f" > limit ingest.max_megapixels {max_megapixels:.4g}"
        )


def _as_8_bit(image: Image.Image) -> Image.Image:
    """16 bits a channel divided by 257; Pillow itself would clip gray at 255."""
    if image.mode.startswith("I;16"):
        wide = np.asarray(image).astype(np.uint32)
        rounded = (wide + _UINT16_PER_UINT8 // 2) // _UINT16_PER_UINT8
        return Image.fromarray(rounded.astype(np.uint8))
    if image.mode in ("I", "F"):
        raise UnreadableImageError("32 bits a channel: save it with 8 or 16")
    return image


def _plain(image: Image.Image) -> Image.Image:
    """L, RGB, RGBA or CMYK with the same colors."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by the embedded profile; without one RGB and gray count as sRGB, CMYK as plain inks."""
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
        # A broken profile, or one for other channels than the picture has: viewers ignore it.
        return image.convert("RGB")
    return cast(Image.Image, converted)


def _with_ink_polarity(image: Image.Image) -> Image.Image:
    """Pillow takes every CMYK JPEG for Adobe's, whose inks are inverted; the others are not."""
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        return ImageChops.invert(image)
    return image


def _is_planar_16_bit(image: TiffImageFile) -> bool:
    """Whether Pillow would misread it, without an error."""
    bits = image.tag_v2.get(BITSPERSAMPLE, (8,))
    return image.tag_v2.get(PLANAR_CONFIGURATION) == _SEPARATE and max(bits) > 8


def _upright(image: Image.Image) -> Image.Image:
    """Gray, RGB, RGBA or CMYK, 8 bits, turned as its EXIF orientation says."""
    if isinstance(image, TiffImageFile) and _is_planar_16_bit(image):
        raise UnreadableImageError("16-bit TIFF in separate planes: save it interleaved")
    image.load()
    as_seen = _with_ink_polarity(image)
    ImageOps.exif_transpose(as_seen, in_place=True)
    return _plain(_as_8_bit(as_seen))


def decode_photo(data: bytes, *, name: str, max_megapixels: float) -> Rgb:
    """Decode a photo: upright, sRGB, 8 bits, whatever the file holds.

    Embedded profiles (Display P3, Adobe RGB, inks) are converted; without one gray and RGB count
    as sRGB. Transparent pixels are laid on white, which hides whatever color they carry; see
    `decode_alpha` for the transparency itself.

    Args:
        data: the bytes of a JPEG, PNG, WebP, TIFF or BMP file.
        name: the file's name, for the error's message.
        max_megapixels: larger pictures are refused from their header.

    Returns:
        (height, width, 3) uint8, red first.

    Raises:
        UnreadableImageError: naming the file and the reason.
    """
    try:
        with _opened(data) as image:
            check_header(_header(image), max_megapixels=max_megapixels)
            profile = image.info.get("icc_profile")
            upright = _upright(image)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{name}: {error}") from error
    except _DECODER_ERRORS as error:
        raise UnreadableImageError(f"{name}: damaged or cut short ({error})") from error
    if upright.mode != "RGBA":
        return np.array(_to_srgb(upright, profile))
    colors = _to_srgb(upright.convert("RGB"), profile)
    white = Image.new("RGB", colors.size, "white")
    return np.array(Image.composite(colors, white, upright.getchannel("A")))


def decode_alpha(data: bytes, *, max_megapixels: float = 100.0) -> Matte | None:
    """A photo's own transparency as a matte, or None if it is opaque; often a ready mask.

    Args:
        data: the bytes of a photo's file.
        max_megapixels: larger pictures are refused from their header.

    Returns:
        (height, width) float32 0..1, upright as `decode_photo` gives the picture.

    Raises:
        UnreadableImageError: with the reason alone.
    """
    with _opened(data) as image:
        if not image.has_transparency_data:
            return None
        try:
            check_header(_header(image), max_megapixels=max_megapixels)
            alpha = np.asarray(_upright(image).getchannel("A"))
        except _DECODER_ERRORS as error:
            raise UnreadableImageError(f"damaged or cut short ({error})") from error
    if alpha.min() == _OPAQUE:
        return None
    return to_float(alpha)


_TO_OPENCV = {1: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}


def _encode(suffix: str, picture: Picture, parameters: tuple[int, ...]) -> bytes:
    channels = picture.shape[2] if picture.ndim == 3 else 1
    code = _TO_OPENCV[channels]
    ordered = picture if code is None else cv2.cvtColor(picture, code)
    return cv2.imencode(suffix, ordered, parameters)[1].tobytes()


def encode_jpeg(picture: Rgb, quality: int = 92) -> bytes:
    """Encode an RGB or gray uint8 picture as JPEG; `quality` is 0..100."""
    return _encode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_webp_thumbnail(picture: NDArray[np.uint8], side: int, quality: int = 75) -> bytes:
    """Encode as WebP, reduced (never enlarged) to a longest side of `side` pixels.

    Args:
        picture: gray, RGB or RGBA, uint8.
        side: pixels.
        quality: 1..100.
    """
    small = shrink_to_fit(picture, side)
    return _encode(".webp", small, (cv2.IMWRITE_WEBP_QUALITY, quality))
