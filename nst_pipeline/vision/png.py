"""PNG of our own: lossless, the same bytes each time, as fast as the disk takes them."""

from __future__ import annotations

import struct
from typing import cast

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.shapes import Picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS = 8
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""PNG's number for so many channels."""
_FILTER_UP = 2
# Measured on 12 megapixels: 0.07 s where OpenCV's encoder takes 0.19 s in its fastest way and
# 0.55 s in its usual one, 8 % larger. Higher levels save nothing.
_LEVEL = 1
_FROM_OPENCV = {1: None, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)))


def _filtered(picture: Picture) -> NDArray[np.uint8]:
    """Rows as differences to the row above, each after the filter's number."""
    rows = picture.reshape(picture.shape[0], -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered


def encode_png(picture: Picture) -> bytes:
    """Encode as PNG (W3C, Portable Network Graphics, third edition).

    Args:
        picture: grey, RGB or RGBA, uint8.
    """
    height, width = picture.shape[:2]
    colour_type = _COLOUR_TYPES[picture.shape[2] if picture.ndim == 3 else 1]
    header = struct.pack(">2I5B", width, height, _BITS, colour_type, 0, 0, 0)
    data = isal_zlib.compress(_filtered(picture), _LEVEL)
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    )


def decode_png(data: bytes) -> Picture:
    """Decode a PNG as it was given to `encode_png`: same shape, RGB order.

    Raises:
        UnreadableImageError: it is no PNG, or a damaged one.
    """
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if decoded is None:
        raise UnreadableImageError("not a PNG picture, or a damaged one")
    code = _FROM_OPENCV[decoded.shape[2] if decoded.ndim == 3 else 1]
    return cast(Picture, decoded if code is None else cv2.cvtColor(decoded, code))
