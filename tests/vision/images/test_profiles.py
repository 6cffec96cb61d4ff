"""Colors count as the photo declares them, wherever its format does so."""

import io
import re
import struct
import zlib
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.images.profiles import build_profile

PHOTO: np.ndarray = import_module("skimage.data").coffee()[:200:2, :300:2].copy()
ADOBE_RGB = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
DISPLAY_P3 = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


def to_xyz(colors: tuple[float, ...]) -> np.ndarray:
    """The matrix from linear RGB to XYZ, without adaptation."""
    white, *primaries = (
        np.array([x / y, 1, (1 - x - y) / y])
        for x, y in zip(colors[::2], colors[1::2], strict=True)
    )
    columns = np.array(primaries).T
    return columns * np.linalg.solve(columns, white)


def linear(levels: np.ndarray) -> np.ndarray:
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def stored(colors: tuple[float, ...], gamma: float | None) -> np.ndarray:
    """The photo's levels in another space; None: with sRGB's curve. The whites are the same."""
    there = np.linalg.solve(to_xyz(colors), to_xyz(SRGB)) @ linear(PHOTO).reshape(-1, 3).T
    there = np.clip(there.T.reshape(PHOTO.shape), 0, 1)
    if gamma is None:
        encoded = np.where(there <= 0.0031308, there * 12.92, 1.055 * there ** (1 / 2.4) - 0.055)
    else:
        encoded = there ** (1 / gamma)
    return np.rint(encoded * 255).astype(np.uint8)


def encoded(picture: np.ndarray, image_format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, image_format, **options)
    return buffer.getvalue()


def with_chunks(picture: np.ndarray, **chunks: bytes) -> bytes:
    """A PNG with more chunks before its pixels."""
    data = encoded(picture)
    more = b""
    for name, content in chunks.items():
        kind = name.encode()
        check = zlib.crc32(kind + content)
        more += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
    return data[:33] + more + data[33:]


def gamma_chunk(gamma: float) -> bytes:
    return struct.pack(">I", round(gamma * 100_000))


def color_chunk(colors: tuple[float, ...]) -> bytes:
    return struct.pack(">8I", *(round(value * 100_000) for value in colors))


def error(data: bytes) -> float:
    """Mean difference from the photo, levels."""
    found = decode_photo(data, name="cup", max_megapixels=1)
    return float(np.abs(found.astype(int) - PHOTO).mean())


def exif_of_adobe_rgb(space: int, index: str) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "camera"
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    return exif


def test_a_built_profile_takes_the_colors_back() -> None:
    for colors, gamma in ((ADOBE_RGB, 563 / 256), (DISPLAY_P3, None), (SRGB, 1.8)):
        profile = build_profile(colors, gamma or 0.0)
        assert error(encoded(stored(colors, gamma), icc_profile=profile)) < 0.6


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("space", "index"), [(0xFFFF, "R03"), (2, "")])
def test_exif_marks_adobe_rgb(image_format: str, space: int, index: str) -> None:
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    data = encoded(
        stored(ADOBE_RGB, 563 / 256),
        image_format,
        exif=exif_of_adobe_rgb(space, index),
        **options.get(image_format, {}),
    )
    assert error(data) < 1.2
    assert error(encoded(stored(ADOBE_RGB, 563 / 256))) > 5


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_exif_marks_adobe_rgb_in_a_tiff(byteorder: str) -> None:
    """Its EXIF is a directory at the end of the file, with the color space as the only tag."""

    def written(offset: int) -> bytes:
        buffer, picture = io.BytesIO(), stored(ADOBE_RGB, 563 / 256)
        # tifffile writes no such tag, so another one becomes it.
        options = {"photometric": "rgb", "extratags": [(65000, 4, 1, offset, True)]}
        tifffile.imwrite(buffer, picture, byteorder=byteorder, **options)
        other, tag = (struct.pack(byteorder + "HHI", number, 4, 1) for number in (65000, 34665))
        return buffer.getvalue().replace(other, tag)

    directory = struct.pack(byteorder + "HHHIHxxI", 1, 0xA001, 3, 1, 2, 0)
    assert error(written(len(written(0))) + directory) < 1.2
    assert error(written(0)) > 5


def test_an_embedded_profile_counts_more_than_exif() -> None:
    exif, profile = exif_of_adobe_rgb(0xFFFF, "R03"), build_profile(SRGB)
    assert error(encoded(PHOTO, exif=exif, icc_profile=profile)) < 0.3


def test_exif_of_srgb_changes_nothing() -> None:
    assert error(encoded(PHOTO, exif=exif_of_adobe_rgb(1, "R98"))) == 0


def test_png_declares_display_p3_by_a_code() -> None:
    picture = stored(DISPLAY_P3, None)
    assert error(with_chunks(picture, cICP=bytes((12, 13, 0, 1)))) < 0.5
    # The code counts more than all other chunks.
    others = {"gAMA": gamma_chunk(1.0), "sRGB": b"\0", "cHRM": color_chunk(ADOBE_RGB)}
    assert error(with_chunks(picture, cICP=bytes((12, 13, 0, 1)), **others)) < 0.5
    assert error(with_chunks(PHOTO, cICP=bytes((1, 13, 0, 1)))) < 0.3


@pytest.mark.parametrize(
    ("code", "reason"), [((9, 16, 0, 1), "PQ"), ((9, 18, 0, 1), "HLG"), ((1, 13, 0, 0), "limited")]
)
def test_png_of_a_high_dynamic_range_is_refused(code: tuple[int, ...], reason: str) -> None:
    with pytest.raises(UnreadableImageError, match=reason):
        error(with_chunks(PHOTO, cICP=bytes(code)))


@pytest.mark.parametrize(("gamma", "tolerance"), [(1.8, 0.5), (1.0, 1.5)])
def test_png_declares_a_gamma(gamma: float, tolerance: float) -> None:
    assert error(with_chunks(stored(SRGB, gamma), gAMA=gamma_chunk(1 / gamma))) < tolerance


def test_png_declares_primaries() -> None:
    picture = stored(ADOBE_RGB, 1.8)
    data = with_chunks(picture, gAMA=gamma_chunk(1 / 1.8), cHRM=color_chunk(ADOBE_RGB))
    assert error(data) < 0.6


def test_the_usual_gamma_a_senseless_one_and_the_chunk_srgb_change_nothing() -> None:
    assert error(with_chunks(PHOTO, gAMA=gamma_chunk(0.45455))) == 0
    assert error(with_chunks(PHOTO, gAMA=gamma_chunk(0.45455), cHRM=color_chunk(SRGB))) == 0
    assert error(with_chunks(PHOTO, gAMA=gamma_chunk(20.0))) == 0
    assert error(with_chunks(PHOTO, gAMA=gamma_chunk(0.0))) == 0
    assert error(with_chunks(PHOTO, sRGB=b"\0", gAMA=gamma_chunk(1.0))) == 0
    assert error(with_chunks(PHOTO, cHRM=bytes(32))) == 0


def test_a_palette_with_transparency_keeps_both() -> None:
    palette = Image.fromarray(PHOTO).quantize(16)
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=bytes([0, 128] + [255] * 14), pnginfo=PngInfo())
    indexes = np.asarray(palette)
    matte = decode_alpha(buffer.getvalue())
    assert matte is not None
    expected = np.array([0, 128] + [255] * 14)[indexes] / 255
    assert np.allclose(matte, expected, atol=1e-6)
    colors = decode_photo(buffer.getvalue(), name="cup", max_megapixels=1)
    visible = indexes != 0
    assert np.array_equal(colors[visible], np.asarray(palette.convert("RGB"))[visible])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_transparent_level_of_few_bits_is_found(bits: int) -> None:
    levels = np.arange(2**bits)
    packed = sum(int(level) << (bits * (2**bits - 1 - i)) for i, level in enumerate(levels))
    row = b"\0" + packed.to_bytes(max(1, bits * 2**bits // 8), "big")
    if bits == 1:
        row = b"\0" + bytes((packed << 6,))
    transparent = 2**bits - 2

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">2I5B", 2**bits, 1, bits, 0, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"tRNS", struct.pack(">H", transparent))
    )
    data += chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    matte = decode_alpha(data)
    assert matte is not None
    assert (matte[0] == (levels != transparent)).all()


def bitmap_with_profile(picture: np.ndarray, kind: bytes, profile: bytes) -> bytes:
    """A bitmap of version 5, whose profile follows the pixels."""
    height, width = picture.shape[:2]
    rows = np.pad(picture[::-1, :, ::-1].reshape(height, -1), ((0, 0), (0, -3 * width % 4)))
    start = 14 + 124 + rows.size
    header = struct.pack("<I2i2H6I", 124, width, height, 1, 24, 0, rows.size, 0, 0, 0, 0)
    header += bytes(16) + kind + bytes(48) + struct.pack("<4I", 4, start - 14, len(profile), 0)
    head = struct.pack("<2sI4xI", b"BM", start + len(profile), 14 + 124)
    return head + header + rows.tobytes() + profile


def test_a_bitmap_embeds_a_profile() -> None:
    profile, picture = build_profile(ADOBE_RGB, 563 / 256), stored(ADOBE_RGB, 563 / 256)
    assert error(bitmap_with_profile(picture, b"DEBM", profile)) < 0.6
    assert error(bitmap_with_profile(picture, b"BGRs", profile)) > 5
    assert error(bitmap_with_profile(PHOTO, b"DEBM", b"")) == 0
    assert error(bitmap_with_profile(PHOTO, b"DEBM", b"no profile")) == 0


@pytest.mark.parametrize(
    "chunks",
    [
        *({"gAMA": content} for content in (bytes(4), b"\xff" * 4, b"\1")),
        *({"cHRM": content} for content in (bytes(32), b"\xff" * 32, b"123", b"\0\0\1\0" * 8)),
        *({"cICP": bytes([9, transfer, 0, 1])} for transfer in (0, 2, 3, 9, 10, 12, 17, 255)),
        {"cICP": bytes([200, 13, 0, 1])},
        {"cICP": b"\1"},
        {"iCCP": b"name\0\0" + zlib.compress(bytes(50_000_000), 1)},
        {"iCCP": b"name\0\0junk"},
        {"eXIf": b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0"},
        {"tRNS": b"\0\1\0"},
    ],
)
def test_colors_that_make_no_sense_are_ignored_or_refused(chunks: dict[str, bytes]) -> None:
    try:
        assert error(with_chunks(PHOTO, **chunks)) < 1
    except UnreadableImageError as refused:
        assert re.search("cup: (damaged or cut short|colors of an unknown kind)", str(refused))


def test_png_declares_the_primaries_of_european_television_by_a_code() -> None:
    ebu = (0.3127, 0.3290, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077)
    assert error(with_chunks(stored(ebu, None), cICP=bytes((22, 13, 0, 1)))) < 0.7


@pytest.mark.parametrize("code", [(10, 13, 0, 1), (12, 9, 0, 1), (12, 17, 0, 1)])
def test_codes_that_are_not_known_are_refused_by_name(code: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableImageError, match=r"colors of an unknown kind \(primaries 1"):
        error(with_chunks(PHOTO, cICP=bytes(code)))
