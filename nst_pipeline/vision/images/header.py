"""Open a photo and read its header, without decoding its pixels."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.damage import check_parts, check_whole
from nst_pipeline.vision.images.guarded import GUARDED, register_guarded_heif
from nst_pipeline.vision.images.profiles import declared_profile
from nst_pipeline.vision.images.tiff import Page, check_samples, main_pages, read_pages

# Pillow's own limit warns at 89 Mpx regardless of the settings; `check_header` enforces
# `ingest.max_megapixels` before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# Pillow warns of damaged metadata that it skips; pixels are checked by `damage` and the decoders.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

register_guarded_heif()

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", *GUARDED)
"""MPO, the JPEG with additional images that phones write, counts as JPEG for Pillow."""
_BIG_ENDIAN_BIGTIFF = b"MM\0+"
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", _BIG_ENDIAN_BIGTIFF)
_VIDEO_BRANDS = (
    *(b"qt", b"iso", b"mp4", b"M4V", b"avc", b"3g", b"dash", b"MSNV", b"XAVC", b"f4v", b"F4V"),
)
"""Beginnings of MP4's brands, which come in many numbered kinds."""
_STREAM_PACKET = b"G@"
"""First bytes of MPEG's streams, as camcorders write them; `.m2ts` has a time before."""
_FOREIGN = {
    b"GIF8": "GIF",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\x1aE\xdf\xa3": "a video",
    b"FLV\x01": "a video",
    b"\0\0\x01\xba": "a video",
    b"\0\0\x01\xb3": "a video",
    b"0&\xb2u\x8ef\xcf\x11": "a video",
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
}
"""First bytes of formats that are not read, whatever the file's name says."""
_UPRIGHT_SIZES = ("TIFF", "HEIF")
"""Formats of which Pillow reports the upright size; of all others the stored one."""
_ROTATED_ORIENTATIONS = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_ORIENTATIONS = range(1, 9)
_MAX_COPYRIGHT = 1000
"""Characters that are kept of a notice."""
_MAX_SIDE = 65_535
_BYTES_PER_PIXEL, _METADATA_BYTES = 6, 20_000_000
"""Of an uncompressed photo with 16 bits per channel. The file is in memory while it is decoded."""
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for damaged files, depending on the format and the damage."""


@dataclass(frozen=True)
class Header:
    """A photo's header. `width` and `height` are those of the upright photo, in pixels."""

    width: int
    height: int
    format: str
    """JPEG, PNG, WEBP, TIFF, BMP, HEIF or AVIF."""
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


@dataclass(frozen=True)
class OpenedPhoto:
    """A photo whose pixels are not decoded yet."""

    image: Image.Image
    profile: bytes | None
    """ICC profile of the colors that it declares; None for sRGB."""
    page: Page | None = None
    """The page of a TIFF that shows the photo."""
    frames: int = 1

    @property
    def header(self) -> Header:
        """Size, format and metadata."""
        # Not `image.getexif()`: that of a PNG decodes the pixels to look for metadata after them.
        exif = Image.Image.getexif(self.image)
        # A HEIC's picture is turned already, and its EXIF corrected.
        known = self.image.info.get("original_orientation")
        orientation = _orientation(exif.get(ExifTags.Base.Orientation) if known is None else known)
        width, height = self.image.size
        if orientation in _ROTATED_ORIENTATIONS and self.image.format not in _UPRIGHT_SIZES:
            width, height = height, width
        name = "JPEG" if self.image.format == "MPO" else str(self.image.format)
        mode, notice = self.image.mode, _copyright(exif)
        return Header(width, height, name, orientation, self.frames, mode, notice)


def _orientation(value: object) -> int:
    return value if isinstance(value, int) and value in _ORIENTATIONS else 1


def _kind(head: bytes) -> str:
    """Name a format that is not read by its first bytes; empty if they are unknown."""
    if head[4:8] == b"ftyp" and head[8:12].startswith(_VIDEO_BRANDS):
        return "a video"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "a video"
    if _STREAM_PACKET in (head[:2], head[4:6]):
        return "a video"
    return next((kind for mark, kind in _FOREIGN.items() if head.startswith(mark)), "")


def _copyright(exif: Image.Exif) -> str:
    """Return the EXIF copyright notice on one line: ASCII by the standard, UTF-8 in practice."""
    notice = str(exif.get(ExifTags.Base.Copyright, ""))
    with suppress(UnicodeError):
        notice = notice.encode("latin-1").decode()
    readable = "".join(each if each.isprintable() else " " for each in notice)
    return " ".join(readable.split())[:_MAX_COPYRIGHT]


def _tiff_page(stream: BinaryIO) -> tuple[Page | None, int]:
    """Choose the page of a TIFF, and count those that could be meant; None for other formats."""
    mark = stream.read(4)
    if mark not in _TIFF_MARKS:
        return None, 1
    pages = main_pages(read_pages(stream))
    if not pages:
        raise UnreadableImageError("damaged or cut short (it has no pixels)")
    check_samples(pages[0])
    return pages[0], len(pages)


def _open(stream: BinaryIO) -> OpenedPhoto:
    page, frames = _tiff_page(stream)
    check_parts(stream)
    stream.seek(0)
    try:
        image = Image.open(stream, formats=_FORMATS)
    except UnidentifiedImageError as error:
        if page is None:
            raise
        stream.seek(0)
        is_known = stream.read(4) != _BIG_ENDIAN_BIGTIFF
        kind = f"{page.bits} bits per channel" if is_known else "big-endian BigTIFF"
        if page.number and is_known:
            kind = "its first page is not the picture"
        raise UnreadableImageError(
            f"an unusual kind of TIFF ({kind}): save it again, as RGB"
        ) from error
    if isinstance(image, TiffImageFile) and page is not None and page.number:
        image.seek(page.number)
    # The additional images of an MPO (previews, depth, gain maps) are not an animation.
    # Of the pictures in a HEIC, the primary one counts.
    if image.format not in ("MPO", "TIFF", "HEIF"):
        frames = getattr(image, "n_frames", 1)
    if max(image.size) > _MAX_SIDE:
        width, height = image.size
        raise UnreadableImageError(f"{width} x {height} pixels: a side is longer than {_MAX_SIDE}")
    return OpenedPhoto(image, declared_profile(image), page, frames)


@contextmanager
def opened(source: bytes | BinaryIO) -> Iterator[OpenedPhoto]:
    """Open a photo, and check that its file is whole.

    Parameters
    ----------
    source
        The file's content, or a seekable file at its start.

    Raises
    ------
    UnreadableImageError
        The file is empty, not a photo, has a damaged header, or is not whole; also for any error of
        a decoder inside the context. The message gives the reason without the file's name.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    if not stream.read(1):
        raise UnreadableImageError("the file is empty")
    stream.seek(0)
    try:
        photo = _open(stream)
        with photo.image:
            yield photo
    except UnidentifiedImageError as error:
        stream.seek(0)
        kind = _kind(stream.read(16))
        reason = f"{kind}: " if kind else ""
        raise UnreadableImageError(
            f"{reason}not a JPEG, PNG, WebP, TIFF, BMP, HEIC or AVIF picture, or its header is "
            "broken"
        ) from error
    except DECODER_ERRORS as error:
        raise UnreadableImageError(f"damaged or cut short ({error})") from error


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
        The file is empty, not a photo, has a damaged header, or pixels that cannot be read right.
        The message gives the reason without the file's name, which the caller knows.
    """
    with opened(source) as photo:
        return photo.header


def check_photo(source: BinaryIO, *, max_megapixels: float) -> Header:
    """Read a photo's header, and refuse a photo that the pipeline cannot use.

    Parameters
    ----------
    source
        A seekable file at its start; its position changes.
    max_megapixels
        Largest allowed size.

    Raises
    ------
    UnreadableImageError
        As for `read_header`, `check_header` and `check_whole`.
    """
    with opened(source) as photo:
        header = photo.header
        check_header(header, max_megapixels=max_megapixels)
        progressive = "progressive" in photo.image.info
        check_whole(source, header.format, header.megapixels, progressive=progressive)
    return header


def check_size(size: int, *, max_megapixels: float) -> None:
    """Refuse a file that takes too much memory while it is decoded.

    Parameters
    ----------
    size
        Of the file, bytes.
    max_megapixels
        Largest allowed size of the photo. Six bytes per pixel are allowed, and 20 MB of metadata.

    Raises
    ------
    UnreadableImageError
        The message says what to do instead.
    """
    allowed = _BYTES_PER_PIXEL * max_megapixels * 1e6 + _METADATA_BYTES
    if size > allowed:
        raise UnreadableImageError(
            f"{size / 1e6:.0f} MB > {allowed / 1e6:.0f} MB, which ingest.max_megapixels "
            f"{max_megapixels:.4g} allows: save it compressed, or with 8 bits per channel"
        )


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
