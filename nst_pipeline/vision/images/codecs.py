"""Decode any photo to 8-bit sRGB; encode JPEG and WebP."""

from __future__ import annotations

import io
from typing import cast

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageChops, ImageCms, ImageOps
from PIL.PngImagePlugin import PngImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.damage import check_whole
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.guarded import GUARDED, decode_guarded
from nst_pipeline.vision.images.header import OpenedPhoto, check_header, opened
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.images.tiff import Page
from nst_pipeline.vision.shapes import Matte, Picture, Rgb

_UINT16_MAX = 65_535
_OPAQUE_LEVEL, _OPAQUE_SHARE = 250, 0.999
"""With this share of its pixels at this level or above, an alpha cuts nothing out."""
_WHITE = 255
_GRAY_SCALES = {"L;2": 85, "L;4": 17}
"""Factors to 8 bits, by Pillow's name of the stored levels."""
_SMALLEST_SCALE = 8
_DAMAGE_WARNINGS = ("Corrupt JPEG data", "Premature end", "Inconsistent progression")
"""Of libjpeg. Others concern headers that cameras write in their own way."""
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
    if stored == "RGB;16B":
        image.info["transparency"] = tuple(level >> 8 for level in color)
    elif stored in _GRAY_SCALES:
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


def _check_stream(data: bytes, image: Image.Image) -> None:
    """Refuse a JPEG whose decoder warns: Pillow fills what is missing with gray, and says nothing.

    Only the compressed data are read, at an eighth of the size.
    """
    space = {"CMYK": "CMYK", "YCCK": "CMYK"}.get(image.mode, "GRAY")
    height = -(-image.height // _SMALLEST_SCALE)
    try:
        simplejpeg.decode_jpeg(data, colorspace=space, fastdct=True, min_height=height)
    except ValueError as error:
        if str(error).startswith(_DAMAGE_WARNINGS):
            raise UnreadableImageError(f"damaged or cut short ({error})") from error


def _with_exif(decoded: Image.Image, image: Image.Image) -> Image.Image:
    """Give pixels that were decoded otherwise the orientation that Pillow read."""
    if image.info.get("exif"):
        decoded.info["exif"] = image.info["exif"]
    return decoded


def _decode_webp(data: bytes, image: Image.Image) -> Image.Image:
    """Decode a still WebP with OpenCV, in half of the memory that Pillow takes for animations."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != image.size[::-1]:
        raise UnreadableImageError("damaged or cut short (its pixels)")
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return _with_exif(Image.fromarray(cv2.cvtColor(pixels, code, dst=pixels)), image)


def _decode_upright(data: bytes, photo: OpenedPhoto) -> tuple[Image.Image, Image.Image | None]:
    """Decode to 8-bit gray, RGB or CMYK, and alpha if any, rotated by the EXIF orientation."""
    image = photo.image
    if image.format == "WEBP":
        image = _decode_webp(data, image)
    elif image.format in GUARDED:
        image = _with_exif(decode_guarded(data), image)
    _fix_transparent_color(image)
    image.load()
    upright = _fix_ink_polarity(image)
    ImageOps.exif_transpose(upright, in_place=True)
    colors, alpha = _split_alpha(upright)
    return _to_basic_mode(_to_8_bit(colors, photo.page)), alpha


def _decode(
    data: bytes, max_megapixels: float
) -> tuple[Image.Image, Image.Image | None, bytes | None]:
    """Check a photo, and decode its colors, its alpha, and the profile of its colors."""
    with opened(data) as photo:
        header, progressive = photo.header, "progressive" in photo.image.info
        check_header(header, max_megapixels=max_megapixels)
        check_whole(io.BytesIO(data), header.format, header.megapixels, progressive=progressive)
        if header.format == "JPEG":
            _check_stream(data, photo.image)
        return (*_decode_upright(data, photo), photo.profile)


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
        colors, alpha, profile = _decode(data, max_megapixels)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{name}: {error}") from error
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
    with opened(data) as photo:
        if not photo.image.has_transparency_data:
            return None
        check_header(photo.header, max_megapixels=max_megapixels)
        _, alpha = _decode_upright(data, photo)
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
