import io
import zlib
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.codecs import (
    decode_alpha,
    decode_photo,
    encode_jpeg,
    encode_webp_thumbnail,
)
from nst_pipeline.vision.images.header import read_header
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Rgb

PHOTO: Rgb = import_module("skimage.data").astronaut()[:200, 100:260]
"""Taller than wide, so that a wrong rotation changes the shape."""


def saved(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, picture_format, **options)
    return buffer.getvalue()


def decoded(data: bytes, max_megapixels: float = 100) -> Rgb:
    return decode_photo(data, name="cat.jpg", max_megapixels=max_megapixels)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_every_format_decodes_to_the_same_photo(picture_format: str) -> None:
    options = {} if picture_format in ("TIFF", "BMP") else {"quality": 95}
    data = saved(Image.fromarray(PHOTO), picture_format, **options)
    assert difference(decoded(data), PHOTO) < 3
    header = read_header(data)
    assert (header.width, header.height, header.format) == (160, 200, picture_format)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (2, PHOTO[:, ::-1]),
        (3, PHOTO[::-1, ::-1]),
        (4, PHOTO[::-1]),
        (5, PHOTO.transpose(1, 0, 2)),
        (6, np.rot90(PHOTO, 1)),
        (7, np.rot90(PHOTO, 2).transpose(1, 0, 2)),
        (8, np.rot90(PHOTO, -1)),
    ],
)
def test_photos_are_rotated_by_their_exif_orientation(
    picture_format: str, orientation: int, stored: np.ndarray
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(np.ascontiguousarray(stored)), picture_format, exif=exif)
    header = read_header(data)
    assert (header.width, header.height, header.orientation) == (160, 200, orientation)
    assert difference(decoded(data), PHOTO) < 6


def test_16_bit_gray_is_scaled_not_clipped() -> None:
    gray = PHOTO[..., 0]
    for picture_format in ("PNG", "TIFF"):
        data = saved(Image.fromarray(gray.astype(np.uint16) * 257), picture_format)
        assert np.array_equal(decoded(data), np.dstack([gray] * 3))


def test_16_bit_color_is_scaled() -> None:
    assert np.array_equal(decoded(encode_png(PHOTO.astype(np.uint16) * 257)), PHOTO)


def test_16_bit_planes_are_refused_and_not_misread() -> None:
    import tifffile

    buffer = io.BytesIO()
    planes = np.moveaxis(PHOTO, 2, 0).astype(np.uint16) * 257
    tifffile.imwrite(buffer, planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(UnreadableImageError, match=r"cat\.jpg: 16-bit TIFF in separate planes"):
        decoded(buffer.getvalue())


def test_gray_and_palette_become_rgb() -> None:
    gray = Image.fromarray(PHOTO).convert("L")
    assert np.array_equal(decoded(saved(gray, "PNG")), np.dstack([np.asarray(gray)] * 3))
    palette = Image.fromarray(PHOTO).quantize(32)
    assert np.array_equal(decoded(saved(palette, "PNG")), np.asarray(palette.convert("RGB")))


def test_cmyk_jpegs_of_adobe_and_of_others_have_the_same_colors() -> None:
    inks = Image.fromarray(PHOTO).convert("CMYK")
    adobe = saved(inks, "JPEG", quality=95)
    assert difference(decoded(adobe), PHOTO) < 3
    start = adobe.index(b"\xff\xee")
    end = start + 2 + int.from_bytes(adobe[start + 2 : start + 4], "big")
    inverted = Image.fromarray(255 - np.asarray(inks), mode="CMYK")
    other = saved(inverted, "JPEG", quality=95)
    unmarked = other[:start] + other[end:]
    assert difference(decoded(unmarked), PHOTO) < 3


def _profile(red: tuple[float, float], green: tuple[float, float], gamma: float) -> bytes:
    """A minimal ICC v2 display profile with D50 white, built from its primaries."""
    blue = (0.155, 0.066)
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in (red, green, blue)]).T
    columns = xyz * np.linalg.solve(xyz, [0.9642, 1.0, 0.8249])

    def fixed(values: Any) -> bytes:
        return b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in values)

    tags = {
        b"wtpt": b"XYZ \0\0\0\0" + fixed([0.9642, 1.0, 0.8249]),
        b"desc": b"desc\0\0\0\0\0\0\0\x05wide\0" + bytes(79),
        b"cprt": b"text\0\0\0\0CC0\0",
        **{
            name + b"XYZ": b"XYZ \0\0\0\0" + fixed(columns[:, i])
            for i, name in enumerate((b"r", b"g", b"b"))
        },
        **{
            name + b"TRC": b"curv\0\0\0\0\0\0\0\1" + round(gamma * 256).to_bytes(2, "big") + b"\0\0"
            for name in (b"r", b"g", b"b")
        },
    }
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += name + (offset + len(body)).to_bytes(4, "big") + len(value).to_bytes(4, "big")
        body += padded
    size = 132 + len(table) + len(body)
    head = size.to_bytes(4, "big") + b"\0\0\0\0\x02\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp"
    head += bytes(28) + fixed([0.9642, 1.0, 0.8249]) + bytes(48)
    return head + len(tags).to_bytes(4, "big") + table + body


def test_a_wide_gamut_photo_is_converted_to_srgb() -> None:
    """In Adobe RGB (1998), adapted to D50, the same values are a more vivid green."""
    adobe_rgb = _profile(red=(0.648, 0.331), green=(0.230, 0.702), gamma=2.2)
    colors = np.full((8, 8, 3), (110, 160, 120), np.uint8)
    plain = decoded(saved(Image.fromarray(colors), "PNG"))[0, 0].astype(int)
    converted = decoded(saved(Image.fromarray(colors), "PNG", icc_profile=adobe_rgb))[0, 0]
    assert plain.tolist() == [110, 160, 120]
    assert (
        converted[0] < 95 and abs(int(converted[1]) - 160) < 5 and abs(int(converted[2]) - 120) < 6
    )


def test_an_srgb_profile_changes_nothing_and_a_broken_one_is_ignored() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tagged = decoded(saved(Image.fromarray(PHOTO), "PNG", icc_profile=profile))
    assert np.abs(tagged.astype(int) - PHOTO).max() <= 1
    broken = decoded(saved(Image.fromarray(PHOTO), "PNG", icc_profile=b"no profile at all"))
    assert np.array_equal(broken, PHOTO)


def test_transparent_pixels_become_white_and_alpha_becomes_a_matte() -> None:
    alpha = np.zeros(PHOTO.shape[:2], np.uint8)
    alpha[50:150, 40:120] = 255
    data = encode_png(np.dstack([PHOTO, alpha]))
    flat = decoded(data)
    assert (flat[alpha == 0] == 255).all()
    assert np.array_equal(flat[alpha == 255], PHOTO[alpha == 255])
    matte = decode_alpha(data)
    assert matte is not None and matte.dtype == np.float32
    assert np.array_equal(matte, alpha / np.float32(255))


def test_an_opaque_photo_has_no_matte() -> None:
    assert decode_alpha(encode_png(PHOTO)) is None
    opaque = np.full((*PHOTO.shape[:2], 1), 255, np.uint8)
    assert decode_alpha(encode_png(np.concatenate([PHOTO, opaque], axis=2))) is None


def test_the_additional_images_of_a_phones_jpeg_are_not_an_animation() -> None:
    picture = Image.fromarray(PHOTO)
    data = saved(picture, "MPO", save_all=True, append_images=[picture])
    assert read_header(data).frames == 1
    assert decoded(data).shape == PHOTO.shape


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_the_error_names_a_file_that_is_cut_short(picture_format: str) -> None:
    data = saved(Image.fromarray(PHOTO), picture_format)
    with pytest.raises(UnreadableImageError, match=r"cat\.jpg: damaged or cut short"):
        decoded(data[: len(data) // 2])


@pytest.mark.parametrize(("data", "reason"), [(b"", "empty"), (b"hello " * 30, "not a JPEG")])
def test_a_file_that_is_not_a_photo_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImageError, match=reason):
        decoded(data)


@pytest.mark.parametrize(
    ("picture_format", "reason"),
    [("PNG", "animated"), ("WEBP", "animated"), ("TIFF", "2 pages")],
)
def test_several_frames_are_refused(picture_format: str, reason: str) -> None:
    frames = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[::-1])]
    data = saved(frames[0], picture_format, save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImageError, match=reason):
        decoded(data)


def test_the_copyright_notice_is_read() -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x8298] = "© Jane Doe,  CC BY 4.0\0".encode()
    Image.new("RGB", (9, 9)).save(file, "JPEG", exif=exif)
    assert read_header(file.getvalue()).copyright == "© Jane Doe, CC BY 4.0"


def test_an_oversized_photo_is_refused_by_its_header() -> None:
    """A decompression bomb: the header announces 900 megapixels, and almost nothing follows."""
    header = bytearray(encode_png(PHOTO)[:33])
    header[16:24] = (30_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    empty_idat = b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
    with pytest.raises(
        UnreadableImageError, match=r"30000 x 30000 .* 900 Mpx > limit ingest\.max_megapixels 100"
    ):
        decoded(bytes(header) + empty_idat)


def test_the_size_limit_also_applies_to_decoding_alpha() -> None:
    clear = encode_png(np.zeros((500, 400, 4), np.uint8))
    with pytest.raises(UnreadableImageError, match=r"400 x 500 pixels = 0\.2 Mpx"):
        decode_alpha(clear, max_megapixels=0.1)


def test_reading_a_png_header_does_not_decode_it() -> None:
    assert read_header(encode_png(PHOTO)[:2000]).width == 160


def test_a_thumbnail_is_small_and_keeps_aspect_ratio_and_colors() -> None:
    data = encode_webp_thumbnail(PHOTO, 80, 70)
    assert len(data) < 6000
    small = decoded(data)
    assert small.shape == (80, 64, 3)
    assert difference(small.mean((0, 1)), PHOTO.mean((0, 1))) < 3
    assert decoded(encode_webp_thumbnail(PHOTO, 1000, 70)).shape == PHOTO.shape


def test_jpeg_keeps_red_red() -> None:
    red = np.full((16, 16, 3), (200, 30, 20), np.uint8)
    assert difference(decoded(encode_jpeg(red)), red) < 3
