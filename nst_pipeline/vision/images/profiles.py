"""Find the colors that a photo declares, wherever its format declares them, as an ICC profile."""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.PngImagePlugin import PngImageFile

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.guarded import GUARDED

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""CIE x and y of white, red, green and blue, as in PNG's chunk cHRM."""

_D65 = (0.3127, 0.3290)
_SRGB: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_ADOBE_RGB: Chromaticities = (*_D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_ADOBE_GAMMA = 563 / 256
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""Color primaries of ITU-T H.273, by their code points; 12 is Display P3."""
_SRGB_CURVE = 0.0
"""Stands for sRGB's curve, which is no power."""
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0} | dict.fromkeys((1, 6, 13, 14, 15), _SRGB_CURVE)
"""Exponents by H.273's transfer characteristics. Those of television count as sRGB's curve, as in
browsers."""
_UNSPECIFIED = 2
_HDR = {16: "PQ", 18: "HLG"}
_GAMMA_OF_SRGB, _INSIGNIFICANT = 1 / 2.2, 0.05
"""PNG's gAMA of an sRGB picture; as in libpng, 5 % more or less do not matter."""
_LEAST_GAMMA, _GREATEST_GAMMA = 0.1, 2.0
"""Others are mistakes."""
_CURVE_POINTS = 1024
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_MAX_META_BYTES, _MAX_PROFILE_BYTES = 65_536, 4_000_000
_BMP_HEADER_AT, _BMP_V5_BYTES, _BMP_EMBEDDED = 14, 124, b"DEBM"
_PNG_CHUNKS_AT, _MAX_CHUNKS, _MAX_CHUNK_BYTES = 8, 10_000, 1000
_EXIF, _INTEROP = 0x8769, 0xA005
_INTEROP_INDEX, _ADOBE_INDEX, _ADOBE_SPACE = 1, "R03", 2
"""Exif 2.3 and DCF 2.0 mark Adobe RGB by the index R03; some cameras write color space 2."""


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _colorants(colors: Chromaticities) -> NDArray[np.float64]:
    """Return the XYZ of red, green and blue as columns, adapted to ICC's white D50 (Bradford)."""
    white, *primaries = (_xyz(*colors[i : i + 2]) for i in range(0, 8, 2))
    columns = np.stack(primaries, axis=1)
    columns = columns * np.linalg.solve(columns, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.asarray(np.linalg.solve(_BRADFORD, cones @ _BRADFORD @ columns))


def _curve(gamma: float) -> bytes:
    """Encode the curve from levels to linear light."""
    levels = np.linspace(0, 1, _CURVE_POINTS)
    if gamma == _SRGB_CURVE:
        linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    else:
        linear = levels**gamma
    table = np.rint(linear * 65535).astype(">u2").tobytes()
    return struct.pack(">4sxxxxI", b"curv", _CURVE_POINTS) + bytes(table)


def _fixed(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + bytes(np.rint(values * 65536).astype(">i4"))


@lru_cache(maxsize=8)
def build_profile(colors: Chromaticities, gamma: float = _SRGB_CURVE) -> bytes:
    """Build the ICC profile of an RGB space.

    Parameters
    ----------
    colors
        White and primaries.
    gamma
        Exponent of the curve from levels to linear light; 0 is sRGB's curve.

    References
    ----------
    ICC.1:2001-04, "File Format for Color Profiles".
    """
    columns, curve = _colorants(colors), _curve(gamma)
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\x09declared\0" + bytes(79),
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": _fixed(_D50),
    }
    tags |= {name + b"XYZ": _fixed(columns[:, i]) for i, name in enumerate((b"r", b"g", b"b"))}
    tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4xI12s", size, 0x02100000, b"mntrRGB XYZ ") + bytes(12) + b"acsp"
    head += bytes(28) + _fixed(_D50)[8:] + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def _png_chunk(image: PngImageFile, wanted: bytes) -> bytes:
    """Read a chunk that comes before the pixels; empty if there is none."""
    file = image.fp
    if file is None:
        return b""
    position, at = file.tell(), _PNG_CHUNKS_AT
    try:
        for _ in range(_MAX_CHUNKS):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IDAT":
                break
            length = int.from_bytes(head[:4], "big")
            if head[4:] == wanted:
                return file.read(min(length, _MAX_CHUNK_BYTES))
            at += 12 + length
        return b""
    finally:
        file.seek(position)


def _bmp_profile(image: BmpImageFile) -> bytes | None:
    """Read the profile that a bitmap of version 5 embeds, which Pillow does not."""
    file = image.fp
    if file is None:
        return None
    position = file.tell()
    file.seek(_BMP_HEADER_AT)
    header = file.read(_BMP_V5_BYTES)
    profile = None
    if len(header) == _BMP_V5_BYTES and header[56:60] == _BMP_EMBEDDED:
        start, size = struct.unpack("<2I", header[112:120])
        file.seek(_BMP_HEADER_AT + start)
        profile = file.read(min(size, _MAX_PROFILE_BYTES))
    file.seek(position)
    return profile or None


def _from_codes(codes: bytes) -> bytes | None:
    """Build the profile of H.273's code points: primaries, transfer, matrix, full range."""
    if len(codes) < 4:
        return None
    primaries, transfer, _, is_full = codes[:4]
    if transfer in _HDR:
        raise UnreadableImageError(
            f"high dynamic range ({_HDR[transfer]}): export it with standard range"
        )
    if not is_full:
        raise UnreadableImageError("levels of limited range, as in video: export it as a photo")
    if _UNSPECIFIED in (primaries, transfer):
        return None
    if primaries not in _PRIMARIES or transfer not in _GAMMAS:
        raise UnreadableImageError(
            f"colors of an unknown kind (primaries {primaries}, transfer {transfer} of H.273): "
            "export it as sRGB"
        )
    return build_profile(_PRIMARIES[primaries], _GAMMAS[transfer])


def _container_codes(image: Image.Image) -> bytes:
    """Read the code points of a HEIC or AVIF from its box `colr`; its decoder sets the range."""
    file = image.fp if isinstance(image, ImageFile.ImageFile) else None
    if file is None or image.format not in GUARDED:
        return b""
    position = file.tell()
    file.seek(0)
    meta = file.read(_MAX_META_BYTES)
    file.seek(position)
    at = meta.find(b"colrnclx")
    if at < 0:
        return b""
    primaries, transfer, matrix = struct.unpack(">3H", meta[at + 8 : at + 14])
    return bytes((primaries & 255, transfer & 255, matrix & 255, 1))


def _from_gamma(image: PngImageFile) -> bytes | None:
    """Read PNG's chunks gAMA and cHRM, which count where no other chunk declares colors."""
    gamma, colors = image.info.get("gamma"), image.info.get("chromaticity")
    if "srgb" in image.info or (gamma is None and colors is None):
        return None
    gamma = _GAMMA_OF_SRGB if gamma is None else gamma
    is_srgb_curve = abs(gamma / _GAMMA_OF_SRGB - 1) <= _INSIGNIFICANT
    if colors is not None and (min(colors[1::2]) <= 0 or max(colors) >= 1):
        colors = None
    space: Chromaticities = _SRGB if colors is None else colors
    if not _LEAST_GAMMA <= gamma <= _GREATEST_GAMMA or (
        is_srgb_curve and np.allclose(space, _SRGB, atol=0.001)
    ):
        return None
    try:
        return build_profile(space, _SRGB_CURVE if is_srgb_curve else 1 / gamma)
    except np.linalg.LinAlgError:
        return None  # primaries on a line are no color space


def _from_exif(image: Image.Image) -> bytes | None:
    """Recognize Adobe RGB by the marks that cameras write instead of a profile."""
    # Not `image.getexif()`: that of a PNG decodes the pixels to look for metadata after them.
    exif = Image.Image.getexif(image)
    index = str(exif.get_ifd(_INTEROP).get(_INTEROP_INDEX, ""))
    space = exif.get_ifd(_EXIF).get(ExifTags.Base.ColorSpace)
    if index.startswith(_ADOBE_INDEX) or space == _ADOBE_SPACE:
        return build_profile(_ADOBE_RGB, _ADOBE_GAMMA)
    return None


def declared_profile(image: Image.Image) -> bytes | None:
    """Return the color space that a photo declares, before its pixels are decoded.

    Parameters
    ----------
    image
        As Pillow opened it.

    Returns
    -------
    bytes or None
        An ICC profile: the embedded one, or one built from PNG's chunks cICP, gAMA and cHRM, or
        from EXIF's marks of Adobe RGB. None if the photo declares nothing, or sRGB.

    Raises
    ------
    UnreadableImageError
        The photo has a high dynamic range, the levels of video, or colors of an unknown kind.

    References
    ----------
    Microsoft, "BITMAPV5HEADER structure", 2021.
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, section 11.3.2.
    ITU-T H.273, "Coding-independent code points for video signal type identification", 2024.
    """
    if isinstance(image, PngImageFile):
        coded = _from_codes(_png_chunk(image, b"cICP"))
        if coded is not None:
            return coded
    embedded = image.info.get("icc_profile")
    if isinstance(image, BmpImageFile):
        embedded = _bmp_profile(image)
    if embedded:
        return bytes(embedded)
    if isinstance(image, PngImageFile):
        if "srgb" in image.info:
            return None
        measured = _from_gamma(image)
        if measured is not None:
            return measured
    return _from_codes(_container_codes(image)) or _from_exif(image)
