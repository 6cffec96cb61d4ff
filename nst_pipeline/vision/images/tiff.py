"""Read a TIFF's directories, to tell whether Pillow would read its pixels right.

Pillow chooses its mode by a few tags and ignores the others: it takes signed and floating-point
samples for levels, does not invert 16-bit gray whose 0 is white, and trusts tags of a wrong type.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL.TiffImagePlugin import OPEN_INFO

from nst_pipeline.errors import UnreadableImageError

MAX_PAGES = 100
"""A photo has one, and some thumbnails and masks."""
_MAX_ENTRIES = 4096
"""Entries of a directory that are looked at. The standard has about 80 tags."""

_MAX_VALUES = 500_000
"""Values of a tag that is not text: so many strips or tiles have the largest pictures. Pillow takes
2 s and 350 bytes of memory for a million."""

_SUBFILE, _OLD_SUBFILE = 254, 255
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _STRIP_COUNTS, _PLANAR = 273, 277, 279, 284
_FILL_ORDER, _TILE_WIDTH = 266, 322
_TILE_OFFSETS, _TILE_COUNTS, _SAMPLE_FORMAT = 324, 325, 339
_NEEDED = frozenset(
    (
        *(_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC),
        *(_STRIP_OFFSETS, _SAMPLES, _STRIP_COUNTS, _PLANAR),
        *(_FILL_ORDER, _TILE_WIDTH, _TILE_OFFSETS, _TILE_COUNTS, _SAMPLE_FORMAT),
    )
)
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q", 13: "I", 18: "Q"}
"""struct's letters by the types of TIFF 6.0 and BigTIFF that hold unsigned integers."""
_SIZES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value, by type; 1 for others."""
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_JPEG_COMPRESSIONS = (6, 7)
_UNUSUAL_COMPRESSIONS = {
    50001: "WebP",
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    34887: "LERC",
    **dict.fromkeys((22610, 34934), "JPEG XR"),
    **dict.fromkeys((50002, 52546), "JPEG XL"),
}
"""Those that Pillow's libtiff may be built without."""
_LOW_BIT_FIRST = 2
_OTHER_KINDS = {
    4: "a transparency mask",
    8: "CIE L*a*b* colors",
    9: "ICC L*a*b* colors",
    32803: "a raw camera file",
    34892: "a raw camera file",
}
_SIGNED, _FLOAT = 2, 3
# Pillow knows this kind of gray in the other byte order only. `codecs` inverts it.
_BIG_ENDIAN, _ONE_SAMPLE, _16_BITS = b"MM", (1,), (16,)
OPEN_INFO[_BIG_ENDIAN, 0, _ONE_SAMPLE, 1, _16_BITS, ()] = OPEN_INFO[
    _BIG_ENDIAN, 1, _ONE_SAMPLE, 1, _16_BITS, ()
]
_SEPARATE = 2


@dataclass(frozen=True)
class Page:
    """The tags of one picture in a TIFF."""

    number: int
    tags: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def value(self, tag: int, default: int) -> int:
        """Return the first value of a tag."""
        values = self.tags.get(tag)
        return values[0] if values else default

    @property
    def is_extra(self) -> bool:
        """Whether it is a thumbnail or a mask of another page."""
        flags = self.value(_SUBFILE, 0)
        return bool(flags & (_REDUCED | _MASK)) or self.value(_OLD_SUBFILE, 1) == _OLD_REDUCED

    @property
    def bits(self) -> int:
        """Bits per sample."""
        return max(self.tags.get(_BITS) or (1,))

    @property
    def is_white_zero(self) -> bool:
        """Whether 0 is white."""
        return self.value(_PHOTOMETRIC, _BLACK_IS_ZERO) == _WHITE_IS_ZERO

    @property
    def compression(self) -> int:
        """How the pixels are compressed, by TIFF's number."""
        return self.value(_COMPRESSION, 1)

    @property
    def is_compressed(self) -> bool:
        """Whether the pixels are compressed."""
        return self.compression != 1

    @property
    def samples(self) -> int:
        """Channels, with alpha."""
        return self.value(_SAMPLES, 1)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of uncompressed pixels, in the picture or in a tile."""
        width = self.value(_TILE_WIDTH, self.value(_WIDTH, 0))
        return (width * self._samples_together * self.bits + 7) // 8

    @property
    def pixel_bytes(self) -> int:
        """Bytes of an uncompressed pixel; 1 if it has fewer bits."""
        return max(1, self._samples_together * self.bits // 8)

    @property
    def _samples_together(self) -> int:
        return 1 if self.value(_PLANAR, 1) == _SEPARATE else self.samples

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """Offset and size of each strip or tile, bytes."""
        offsets = self.tags.get(_STRIP_OFFSETS) or self.tags.get(_TILE_OFFSETS) or ()
        counts = self.tags.get(_STRIP_COUNTS) or self.tags.get(_TILE_COUNTS) or ()
        return list(zip(offsets, counts, strict=False))


class _Reader:
    """Reads numbers in the file's byte order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        head = self.read(0, 16)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        version = self.unpack("H", head[2:4]) if self._order else (0,)
        self.is_big = version == (43,)
        if version not in ((42,), (43,)):
            raise UnreadableImageError("damaged or cut short (no TIFF header)")
        first = head[8:16] if self.is_big else head[4:8]
        (self.first,) = self.unpack("Q" if self.is_big else "I", first)

    def read(self, offset: int, count: int) -> bytes:
        """Read bytes; fewer at the end of the file."""
        self._file.seek(min(offset, self.size))
        return self._file.read(max(0, min(count, self.size - offset)))

    def unpack(self, letters: str, data: bytes) -> tuple[int, ...]:
        """Unpack numbers."""
        layout = self._order + letters
        if len(data) < struct.calcsize(layout):
            raise UnreadableImageError("damaged or cut short (a directory of the TIFF)")
        return struct.unpack_from(layout, data)

    def values(self, tag: int, kind: int, count: int, entry: bytes) -> tuple[int, ...]:
        """Read the values of a tag."""
        letter = _INTEGERS.get(kind)
        if letter is None:
            raise UnreadableImageError(f"TIFF tag {tag} has the wrong type {kind}: save it again")
        size = count * struct.calcsize("<" + letter)
        if size > self.size:
            raise UnreadableImageError(f"damaged or cut short (TIFF tag {tag})")
        if size > len(entry):
            (offset,) = self.unpack("Q" if self.is_big else "I", entry)
            entry = self.read(offset, size)
        return self.unpack(f"{count}{letter}", entry)


def _read_page(reader: _Reader, number: int, at: int) -> tuple[Page, int]:
    """Read a directory; return it, and the offset of the next."""
    head, entry, inline = (8, 20, 12) if reader.is_big else (2, 12, 8)
    (count,) = reader.unpack("Q" if reader.is_big else "H", reader.read(at, head))
    if count > _MAX_ENTRIES:
        raise UnreadableImageError(f"damaged (a directory of {count} tags)")
    data = reader.read(at + head, count * entry)
    total = 0
    tags: dict[int, tuple[int, ...]] = {}
    for start in range(0, len(data) - entry + 1, entry):
        one = data[start : start + entry]
        tag, kind, values = reader.unpack("HHQ" if reader.is_big else "HHI", one)
        total += values * _SIZES.get(kind, 1)
        if values > _MAX_VALUES and kind in _SIZES:
            raise UnreadableImageError(f"TIFF tag {tag} has {values} values: save it again")
        if tag in _NEEDED:
            tags.setdefault(tag, reader.values(tag, kind, values, one[inline:]))
    if total > 2 * reader.size + _MAX_ENTRIES:
        # Pillow reads every tag, and many may point to the same bytes.
        raise UnreadableImageError("damaged (its tags are larger than the file)")
    after = reader.read(at + head + count * entry, 8 if reader.is_big else 4)
    (following,) = reader.unpack("Q" if reader.is_big else "I", after) if after else (0,)
    return Page(number, tags), following


def read_pages(file: BinaryIO) -> list[Page]:
    """Read the directories of a TIFF.

    Parameters
    ----------
    file
        Seekable; its position changes.

    Raises
    ------
    UnreadableImageError
        A directory is damaged, or there are more than `MAX_PAGES`.
    """
    reader = _Reader(file)
    pages: list[Page] = []
    at, seen = reader.first, set[int]()
    while at and at not in seen:
        if len(pages) == MAX_PAGES:
            raise UnreadableImageError(
                f"more than {MAX_PAGES} pages: only single pictures are used"
            )
        seen.add(at)
        page, at = _read_page(reader, len(pages), at)
        pages.append(page)
    return pages


def main_pages(pages: list[Page]) -> list[Page]:
    """Leave out thumbnails and masks, unless there is nothing else."""
    return [page for page in pages if not page.is_extra] or pages[:1]


def check_samples(page: Page) -> None:
    """Refuse a page whose pixels Pillow would not read, or not read right.

    Raises
    ------
    UnreadableImageError
        The message says what it has, and what to save instead.
    """
    photometric, bits = page.value(_PHOTOMETRIC, _BLACK_IS_ZERO), page.bits
    formats = page.tags.get(_SAMPLE_FORMAT) or (1,)
    remedy = "save it as RGB or gray, with 8 or 16 bits per channel"
    if _PHOTOMETRIC not in page.tags:
        # The standard demands it; readers disagree on whether its absence means a negative.
        raise UnreadableImageError(f"a TIFF without PhotometricInterpretation: {remedy}")
    if page.compression in _UNUSUAL_COMPRESSIONS:
        name = _UNUSUAL_COMPRESSIONS[page.compression]
        raise UnreadableImageError(f"a TIFF compressed by {name}: save it with LZW or Deflate")
    if page.value(_FILL_ORDER, 1) == _LOW_BIT_FIRST and not page.is_compressed and bits > 1:
        raise UnreadableImageError(f"the lowest bit of each byte comes first: {remedy}")
    if photometric in _OTHER_KINDS:
        raise UnreadableImageError(f"{_OTHER_KINDS[photometric]}: {remedy}")
    if _FLOAT in formats or bits > 32:
        raise UnreadableImageError(f"floating-point levels of {bits} bits: {remedy}")
    if _SIGNED in formats:
        raise UnreadableImageError(f"signed levels of {bits} bits: {remedy}")
    is_gray = photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    is_known = bits in (8, 16) or (bits in (1, 2, 4) and (is_gray or photometric == _PALETTE))
    is_12_bit = bits == 12 and is_gray and page.samples == 1
    if not is_known and not (is_12_bit and not page.is_white_zero):
        raise UnreadableImageError(f"{bits} bits per channel: {remedy}")
    if bits == 16 and page.value(_PLANAR, 1) == _SEPARATE and page.samples > 1:
        raise UnreadableImageError("16-bit TIFF in separate planes: save it interleaved")
    is_video = photometric == _YCBCR and page.compression not in _JPEG_COMPRESSIONS
    if is_video:
        raise UnreadableImageError(f"YCbCr colors without JPEG compression: {remedy}")
