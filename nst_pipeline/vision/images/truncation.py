"""A cheap look at a picture file's structure: does it end where it says it ends?"""

from __future__ import annotations

import os
from typing import BinaryIO

from PIL import Image
from PIL.TiffImagePlugin import (
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    TILEBYTECOUNTS,
    TILEOFFSETS,
    TiffImageFile,
)

_JPEG_END = b"\xff\xd9"
_PNG_END = b"IEND\xaeB`\x82"
_RIFF_PREAMBLE = 8
# Cameras pad JPEGs with zeros to full sectors.
_TAIL = 4096


def _tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def _little_endian(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    return int.from_bytes(file.read(4), "little")


def _tiff_end(file: BinaryIO) -> int:
    """First byte past the pixels."""
    file.seek(0)
    with Image.open(file, formats=("TIFF",)) as image:
        assert isinstance(image, TiffImageFile)
        tags = image.tag_v2
        offsets = tags.get(STRIPOFFSETS) or tags.get(TILEOFFSETS) or ()
        counts = tags.get(STRIPBYTECOUNTS) or tags.get(TILEBYTECOUNTS) or ()
    return max((start + count for start, count in zip(offsets, counts, strict=False)), default=0)


def looks_whole(file: BinaryIO, picture_format: str) -> bool:
    """Tell without decoding whether a picture file reaches its end.

    True is trustworthy for files cut short; False is a suspicion (a JPEG with a trailer is
    whole as well), to be settled by decoding.

    Args:
        file: seekable; its position is moved.
        picture_format: as `read_header` gives it.
    """
    size = file.seek(0, os.SEEK_END)
    if picture_format == "JPEG":
        return _tail(file, size).rstrip(b"\0").endswith(_JPEG_END)
    if picture_format == "PNG":
        return _tail(file, size).endswith(_PNG_END)
    if picture_format == "WEBP":
        return _little_endian(file, 4) + _RIFF_PREAMBLE <= size
    if picture_format == "BMP":
        return 0 < _little_endian(file, 2) <= size
    return 0 < _tiff_end(file) <= size
