"""Tell by its structure whether a picture file is whole, and cheap enough to decode."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.tiff import main_pages, read_pages

JPEG_DAMAGE = ("Corrupt JPEG data", "Premature end", "Inconsistent progression")
"""Warnings of libjpeg. Others concern headers that cameras write in their own way."""
_MAX_SCANS, _MAX_SCAN_MEGAPIXELS = 64, 2000
"""Of a progressive JPEG; encoders write about ten. Each costs the time of a whole decoding: ten
scans of 100 megapixels take 3 s."""
_MAX_PNG_CHUNKS, _MAX_BOXES, _MAX_MARKERS = 100_000, 1000, 10_000
_MAX_OTHER_CHUNKS, _MAX_EXIF_SEGMENTS = 10_000, 16
"""Chunks that are no pixels. By the standard, Exif is a single segment; Pillow joins several."""
_TAIL_BYTES = 4096
"""Bytes searched for the end mark: cameras pad JPEGs with zeros to full sectors."""
_ZEROS = 512
"""Compressed pixels do not end with so many; black ones may, if they are uncompressed."""
_FEW_BYTES, _MOST = 12, 0.9
"""Of the row above a cut: so many bytes are needed, and so large a share of its pixels is not 0."""
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA
_JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a segment."""
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_MARKER_BYTES, _BLOCK_BYTES = 512, 1 << 20
"""Bytes read at a time, of markers with their padding, and of pixels."""
_PNG_MARK, _PNG_PIXELS, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IDAT", b"IEND"
_PNG_ANCILLARY = 0x20
"""Bit of the first letter of a chunk that decoders may skip."""
_JPEG_MARK, _JPEG_EXIF = b"\xff\xd8", b"\xe1Exif\0"
_PIXELS_OF_WEBP = (b"VP8 ", b"VP8L")
_BMP_UNCOMPRESSED = (0, 3)


def _damaged(detail: str) -> UnreadableImageError:
    return UnreadableImageError(f"damaged or cut short ({detail})")


def _read(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(max(0, offset))
    return file.read(count)


def _too_many(what: str) -> UnreadableImageError:
    return UnreadableImageError(f"more than {what}: save it again")


def _check_markers(file: BinaryIO) -> None:
    at, exifs = 2, 0
    for _ in range(_MAX_MARKERS):
        head = _read(file, at, _MARKER_BYTES)
        found = _JPEG_MARKER.match(head)
        if found is None and len(head) == _MARKER_BYTES and not head.strip(b"\xff"):
            break
        if found is None or found[1][0] in (_JPEG_SCAN, _JPEG_END):
            return
        at += found.end()
        if found[1][0] not in _JPEG_ALONE:
            segment = _read(file, at, 7)
            exifs += found[1] + segment[2:] == _JPEG_EXIF
            at += int.from_bytes(segment[:2], "big")
        if exifs > _MAX_EXIF_SEGMENTS:
            raise _too_many(f"{_MAX_EXIF_SEGMENTS} segments of Exif")
    raise _too_many(f"{_MAX_MARKERS} markers, or endless padding")


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, and where its content starts and ends, to the end mark."""
    at, chunks, others = len(_PNG_MARK), 0, 0
    while len(head := _read(file, at, 8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        chunks, others = chunks + 1, others + (kind != _PNG_PIXELS)
        if chunks > _MAX_PNG_CHUNKS or others > _MAX_OTHER_CHUNKS:
            raise _too_many(f"{chunks - 1} chunks")
        yield kind, at + 8, at + 8 + length
        if kind == _PNG_END:
            return
        at += 12 + length


def _webp_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, and where its content starts and ends."""
    at, end, chunks = 12, int.from_bytes(_read(file, 4, 4), "little") + 8, 0
    while at + 8 <= end and len(head := _read(file, at, 8)) == 8:
        kind, length = struct.unpack("<4sI", head)
        chunks += 1
        if chunks > _MAX_OTHER_CHUNKS:
            raise _too_many(f"{_MAX_OTHER_CHUNKS} chunks")
        yield kind, at + 8, at + 8 + length
        at += 8 + length + length % 2


def check_parts(file: BinaryIO) -> None:
    """Refuse a JPEG, PNG or WebP of so many parts, or so much padding, that its header takes long.

    Parameters
    ----------
    file
        Seekable; its position changes.

    Raises
    ------
    UnreadableImageError
        There are too many. The message gives the reason without the file's name.
    """
    head = _read(file, 0, 12)
    if head.startswith(_JPEG_MARK):
        _check_markers(file)
    elif head.startswith(_PNG_MARK):
        for _ in _png_chunks(file):
            pass
    elif head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        for _ in _webp_chunks(file):
            pass


def _find_marker(file: BinaryIO, at: int) -> int:
    """Return where compressed pixels end, -1 if the file does before them."""
    while block := _read(file, at, _BLOCK_BYTES):
        if found := _AFTER_SCAN.search(block):
            return at + found.start()
        # A marker may begin with the last byte of a block.
        at += len(block) - 1 if len(block) == _BLOCK_BYTES else len(block)
    return -1


def walk_jpeg(file: BinaryIO) -> tuple[int, bool]:
    """Count the scans of a JPEG.

    Parameters
    ----------
    file
        Seekable; its position changes.

    Returns
    -------
    tuple of int and bool
        The scans up to the end mark, and whether there is one. Counting stops beyond the limit.

    Raises
    ------
    UnreadableImageError
        It has too many markers.
    """
    at, scans = 2, 0
    for _ in range(_MAX_MARKERS):
        found = _JPEG_MARKER.match(_read(file, at, _MARKER_BYTES))
        if found is None:
            break
        marker, at = found[1][0], at + found.end()
        if marker == _JPEG_END:
            return scans, True
        if marker in _JPEG_ALONE:
            continue
        at += int.from_bytes(_read(file, at, 2), "big")
        if marker == _JPEG_SCAN:
            scans += 1
            at = _find_marker(file, at)
            if at < 0 or scans > _MAX_SCANS:
                break
    else:
        raise _too_many(f"{_MAX_MARKERS} markers")
    return scans, False


def _check_jpeg(file: BinaryIO, size: int, megapixels: float, *, progressive: bool) -> None:
    tail = _read(file, size - _TAIL_BYTES, _TAIL_BYTES).rstrip(b"\0")
    if tail.endswith(bytes((0xFF, _JPEG_END))) and not progressive:
        return
    scans, has_end = walk_jpeg(file)
    if scans > _MAX_SCANS or scans * megapixels > _MAX_SCAN_MEGAPIXELS:
        raise UnreadableImageError(
            f"{scans} progressive scans of {megapixels:.4g} Mpx: save it with fewer"
        )
    if not has_end:
        raise _damaged("it has no end mark")


def _checksum(file: BinaryIO, at: int, end: int) -> int:
    total = 0
    for start in range(at, end, _BLOCK_BYTES):
        total = zlib.crc32(_read(file, start, min(_BLOCK_BYTES, end - start)), total)
    return total


def _check_png(file: BinaryIO, size: int) -> None:
    kind = b""
    for kind, start, end in _png_chunks(file):
        if end + 4 > size:
            raise _damaged(f"its chunk {kind!r} ends after the file")
        stated = int.from_bytes(_read(file, end, 4), "big")
        if not kind[0] & _PNG_ANCILLARY and _checksum(file, start - 4, end) != stated:
            raise _damaged(f"the checksum of its chunk {kind!r}")
    if kind != _PNG_END:
        raise _damaged("it has no end mark")


def _ends_with_zeros(file: BinaryIO, start: int, end: int) -> bool:
    return end - start > 2 * _ZEROS and not any(_read(file, end - _ZEROS, _ZEROS))


def _check_webp(file: BinaryIO, size: int) -> None:
    stated = int.from_bytes(_read(file, 4, 4), "little") + 8
    if stated > size:
        raise _damaged("it is shorter than it says")
    for kind, start, end in _webp_chunks(file):
        if not kind.isascii() or b"\0" in kind or end > stated:
            raise _damaged("its chunks do not add up")
        if kind in _PIXELS_OF_WEBP and _ends_with_zeros(file, start, end):
            raise _damaged("its pixels end with zeros")


def _last_byte(file: BinaryIO, start: int, end: int) -> int:
    """Return the offset after the last byte that is not zero; `start` if all are."""
    while end > start:
        begin = max(start, end - _BLOCK_BYTES)
        kept = _read(file, begin, end - begin).rstrip(b"\0")
        if kept:
            return begin + len(kept)
        end = begin
    return start


def _check_uncompressed(
    file: BinaryIO, start: int, end: int, row_bytes: int, pixel_bytes: int
) -> None:
    """Refuse uncompressed pixels that stop within a row, with zeros after them.

    A black part of a picture ends where the row above is black, too, or at the end of a row. Where
    a copy stopped, the row above goes on.
    """
    last = _last_byte(file, start, end)
    row, column = divmod(last - start, max(row_bytes, 1))
    column += -column % pixel_bytes
    if end - last < _ZEROS or not row or not column:
        return
    at = start + (row - 1) * row_bytes + column
    above = np.frombuffer(_read(file, at, row_bytes - column), np.uint8)
    pixels = above[: above.size // pixel_bytes * pixel_bytes].reshape(-1, pixel_bytes)
    if above.size >= _FEW_BYTES and float(np.mean(pixels.any(axis=1))) > _MOST:
        raise _damaged("its pixels end with zeros")


def _check_bmp(file: BinaryIO, size: int) -> None:
    head = _read(file, 0, 34)
    stated, start = int.from_bytes(head[2:6], "little"), int.from_bytes(head[10:14], "little")
    if not 0 < stated <= size:
        raise _damaged("it is shorter than it says")
    width, height = struct.unpack("<ii", head[18:26])
    bits, compression = struct.unpack("<HI", head[28:34])
    if compression in _BMP_UNCOMPRESSED and bits and width > 0:
        row_bytes = (width * bits + 31) // 32 * 4
        end = start + row_bytes * abs(height)
        if end > size:
            raise _damaged("its pixels end after the file")
        _check_uncompressed(file, start, end, row_bytes, max(1, bits // 8))


def _check_tiff(file: BinaryIO, size: int) -> None:
    pages = main_pages(read_pages(file))
    if not pages or not pages[0].blocks:
        raise _damaged("it has no pixels")
    page = pages[0]
    start, end = min(at for at, _ in page.blocks), max(at + count for at, count in page.blocks)
    if end > size:
        raise _damaged("its pixels end after the file")
    if page.is_compressed:
        if _ends_with_zeros(file, start, end):
            raise _damaged("its pixels end with zeros")
    elif sum(count for _, count in page.blocks) == end - start:
        _check_uncompressed(file, start, end, page.row_bytes, page.pixel_bytes)


def _check_boxes(file: BinaryIO, size: int) -> None:
    """Check that the boxes of a HEIC or AVIF add up, and that its pixels do not end with zeros."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at == size:
            return
        head = _read(file, at, 16)
        if len(head) < 8:
            break
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        length = int.from_bytes(head[8:16], "big") if length == 1 else length or size - at
        if length < 8 or at + length > size:
            break
        if kind == b"mdat" and _ends_with_zeros(file, at, at + length):
            raise _damaged("its pixels end with zeros")
        at += length
    raise _damaged("its boxes do not add up")


_CHECKS: dict[str, Callable[[BinaryIO, int], None]] = {
    "PNG": _check_png,
    "WEBP": _check_webp,
    "BMP": _check_bmp,
    "TIFF": _check_tiff,
    "HEIF": _check_boxes,
    "AVIF": _check_boxes,
}


def check_whole(
    file: BinaryIO, image_format: str, megapixels: float, *, progressive: bool = False
) -> None:
    """Refuse a file that is cut short, ends with zeros, or would take minutes to decode.

    Nothing is decoded: pixels that are damaged in the middle show when they are, and in a PNG by
    its checksums.

    Parameters
    ----------
    file
        Seekable; its position changes.
    image_format
        As `read_header` returns it. Unknown formats are not checked.
    megapixels
        The picture's size.
    progressive
        Whether a JPEG is progressive.

    Raises
    ------
    UnreadableImageError
        The message gives the reason without the file's name.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> data = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(data, "PNG")
    >>> check_whole(data, "PNG", 0.1)
    >>> _ = data.truncate(50)
    >>> try:
    ...     check_whole(data, "PNG", 0.1)
    ... except UnreadableImageError as error:
    ...     print(error)
    damaged or cut short (its chunk b'IDAT' ends after the file)
    """
    size = file.seek(0, os.SEEK_END)
    if image_format == "JPEG":
        _check_jpeg(file, size, megapixels, progressive=progressive)
    elif image_format in _CHECKS:
        _CHECKS[image_format](file, size)
