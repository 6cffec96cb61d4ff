"""Check without decoding whether an image file is complete."""

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
_TAIL_BYTES = 4096
"""Bytes searched for the end mark: cameras pad JPEGs with zeros to full sectors."""


def _read_tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - _TAIL_BYTES))
    return file.read(_TAIL_BYTES)


def _read_uint32_le(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    return int.from_bytes(file.read(4), "little")


def _tiff_pixels_end(file: BinaryIO) -> int:
    """Return the offset of the first byte after the pixels."""
    file.seek(0)
    with Image.open(file, formats=("TIFF",)) as image:
        assert isinstance(image, TiffImageFile)
        tags = image.tag_v2
        offsets = tags.get(STRIPOFFSETS) or tags.get(TILEOFFSETS) or ()
        counts = tags.get(STRIPBYTECOUNTS) or tags.get(TILEBYTECOUNTS) or ()
    return max((start + count for start, count in zip(offsets, counts, strict=False)), default=0)


def looks_complete(file: BinaryIO, image_format: str) -> bool:
    """Check by its structure whether an image file is complete.

    Parameters
    ----------
    file
        Seekable; its position changes.
    image_format
        JPEG, PNG, WEBP, BMP or TIFF, as `read_header` returns it.

    Returns
    -------
    bool
        True if the file is not cut short. False is only a suspicion, because a complete JPEG may
        have a trailer: decode the file to be sure.

    Examples
    --------
    >>> import io
    >>> data = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(data, "PNG")
    >>> looks_complete(data, "PNG")
    True
    >>> _ = data.truncate(50)
    >>> looks_complete(data, "PNG")
    False
    """
    size = file.seek(0, os.SEEK_END)
    if image_format == "JPEG":
        return _read_tail(file, size).rstrip(b"\0").endswith(_JPEG_END)
    if image_format == "PNG":
        return _read_tail(file, size).endswith(_PNG_END)
    if image_format == "WEBP":
        return _read_uint32_le(file, 4) + _RIFF_PREAMBLE <= size
    if image_format == "BMP":
        return 0 < _read_uint32_le(file, 2) <= size
    return 0 < _tiff_pixels_end(file) <= size
