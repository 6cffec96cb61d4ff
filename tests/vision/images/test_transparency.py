"""Every way to store transparency gives the same photo: its own colors, and its alpha."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from nst_pipeline.vision.images.codecs import decode_alpha, decode_mask, decode_photo
from nst_pipeline.vision.images.png import encode_png

GLASS = (200, 20, 20)
ALPHA = np.array([[0, 1, 64, 128, 200, 255]] * 4, np.uint8)
"""A ramp. The colors below are those of glass at every pixel that is visible at all."""
RGBA = np.dstack([np.full((*ALPHA.shape, 3), GLASS, np.uint8), ALPHA])
GRAY_ALPHA = np.dstack([np.full_like(ALPHA, 90), ALPHA])


def photo_of(data: bytes) -> np.ndarray:
    return decode_photo(data, name="glass.png", max_megapixels=1)


def alpha_of(data: bytes) -> np.ndarray | None:
    alpha = decode_alpha(data)
    return None if alpha is None else np.rint(alpha * 255).astype(int)


def saved(picture: np.ndarray | Image.Image, picture_format: str, **options) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, picture_format, **options)
    return buffer.getvalue()


def tiff(samples: np.ndarray, extra: str) -> bytes:
    buffer = io.BytesIO()
    kind = "minisblack" if samples.shape[2] == 2 else "rgb"
    tifffile.imwrite(buffer, samples, photometric=kind, planarconfig="contig", extrasamples=[extra])
    return buffer.getvalue()


def png(samples: np.ndarray, color_type: int, bits: int, extra: dict[bytes, bytes]) -> bytes:
    """A PNG with chunks that Pillow does not write: 16 bits and a transparent color."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    height, width = samples.shape[:2]
    rows = samples.astype(">u2" if bits == 16 else "u1")
    chunks = {
        b"IHDR": struct.pack(">2I5B", width, height, bits, color_type, 0, 0, 0),
        **extra,
        b"IDAT": zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks.items())


def premultiplied(samples: np.ndarray) -> np.ndarray:
    colors = samples[..., :-1].astype(float) * samples[..., -1:] / np.iinfo(samples.dtype).max
    return np.dstack([np.rint(colors).astype(samples.dtype), samples[..., -1:]])


def palette() -> bytes:
    """One palette entry for each alpha, all of the same color."""
    image = Image.fromarray(np.tile(np.arange(6, dtype=np.uint8), (4, 1)), "P")
    image.putpalette(GLASS * 6)
    return saved(image, "PNG", transparency=bytes(ALPHA[0].tolist()))


@pytest.mark.parametrize(
    "data",
    [
        encode_png(RGBA),
        png(RGBA.astype(int) * 257, 6, 16, {}),
        palette(),
        saved(RGBA, "TIFF"),
        tiff(RGBA.astype(np.uint16) * 257, "unassalpha"),
        saved(RGBA, "WEBP", lossless=True, exact=True),
    ],
    ids=["PNG", "16-bit PNG", "palette PNG", "TIFF", "16-bit TIFF", "WebP"],
)
def test_colors_and_alpha_are_those_of_the_file(data):
    photo = photo_of(data)
    assert (photo[ALPHA > 0] == GLASS).all()
    assert np.array_equal(alpha_of(data), ALPHA)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_premultiplied_tiff_gives_the_color_before_multiplication(bits):
    samples = RGBA if bits == 8 else RGBA.astype(np.uint16) * 257
    data = tiff(premultiplied(samples), "assocalpha")
    photo, visible = photo_of(data).astype(int), ALPHA >= 64
    assert np.abs(photo[visible] - GLASS).max() <= 4  # 8 bits of 64/255 of a color
    assert np.abs(photo[ALPHA >= 128] - GLASS).max() <= 2
    assert np.array_equal(alpha_of(data), ALPHA)


@pytest.mark.parametrize(
    "data",
    [
        saved(GRAY_ALPHA, "PNG"),
        png(GRAY_ALPHA.astype(int) * 257, 4, 16, {}),
        tiff(GRAY_ALPHA, "unassalpha"),
        tiff(premultiplied(GRAY_ALPHA), "assocalpha"),
    ],
    ids=["PNG", "16-bit PNG", "TIFF", "premultiplied TIFF"],
)
def test_gray_with_alpha_keeps_both(data):
    assert np.abs(photo_of(data)[ALPHA >= 128].astype(int) - 90).max() <= 1
    assert np.array_equal(alpha_of(data), ALPHA)


@pytest.mark.parametrize(("channels", "bits"), [(1, 8), (1, 16), (3, 8), (3, 16)], ids=str)
def test_one_transparent_color_is_a_hard_cut_out(channels, bits):
    levels = np.where(ALPHA < 128, 7, 200)[..., None].repeat(channels, 2)
    scale = 257 if bits == 16 else 1
    key = struct.pack(f">{channels}H", *[7 * scale] * channels)
    data = png(levels * scale, 2 if channels == 3 else 0, bits, {b"tRNS": key})
    assert np.array_equal(alpha_of(data), np.where(ALPHA < 128, 0, 255))
    assert (photo_of(data)[ALPHA >= 128] == 200).all()


def test_all_16_bits_of_a_transparent_color_are_compared():
    levels = np.where(ALPHA < 128, 0x1234, 0x1235)[..., None].repeat(3, 2)
    data = png(levels, 2, 16, {b"tRNS": struct.pack(">3H", *[0x1234] * 3)})
    assert np.array_equal(alpha_of(data), np.where(ALPHA < 128, 0, 255))
    assert (photo_of(data)[ALPHA >= 128] == 0x12).all()


def test_a_lossy_webp_keeps_its_alpha_exactly():
    data = saved(RGBA.repeat(16, 0).repeat(16, 1), "WEBP", quality=90)
    assert np.array_equal(alpha_of(data), ALPHA.repeat(16, 0).repeat(16, 1))
    solid = ALPHA.repeat(16, 0).repeat(16, 1) == 255
    assert np.abs(photo_of(data)[solid].astype(int) - GLASS).max() <= 6


def test_what_is_invisible_has_no_influence():
    hidden = np.where(RGBA[..., 3:] == 0, (1, 2, 3, 0), RGBA).astype(np.uint8)
    assert np.array_equal(photo_of(encode_png(hidden)), photo_of(encode_png(RGBA)))
    assert (photo_of(encode_png(RGBA))[ALPHA == 0] == 255).all()


def test_alpha_is_turned_with_the_photo():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(np.rot90(RGBA).copy(), "PNG", exif=exif)
    assert np.array_equal(alpha_of(data), ALPHA)
    assert (photo_of(data)[ALPHA > 0] == GLASS).all()


def test_an_embedded_profile_holds_for_the_colors_of_a_transparent_photo():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(RGBA, "PNG", icc_profile=profile)
    assert np.abs(photo_of(data)[ALPHA > 0].astype(int) - GLASS).max() <= 1


@pytest.mark.parametrize(("holes", "is_cut_out"), [(0, False), (9, False), (11, True)])
def test_an_alpha_that_covers_99_9_percent_is_none(holes, is_cut_out):
    picture = np.full((100, 100, 4), 255, np.uint8)
    picture[0, :holes, 3] = 0
    picture[50:, :, 3] = 254
    assert (alpha_of(encode_png(picture)) is not None) == is_cut_out


MASK = ALPHA > 127


@pytest.mark.parametrize("hidden", [0, 255])
def test_a_mask_is_black_where_it_is_dark_or_transparent(hidden):
    gray = np.where(MASK, 255, hidden).astype(np.uint8)
    wide = np.dstack([gray] * 3 + [ALPHA]).astype(np.uint16) * 257
    files = [
        encode_png(ALPHA),
        saved(np.where(MASK, 65535, 32767).astype(np.uint16), "PNG"),
        saved(np.dstack([gray, ALPHA]), "PNG"),
        saved(np.dstack([gray] * 3 + [ALPHA]), "PNG"),
        png(wide, 6, 16, {}),
        saved(Image.fromarray(np.dstack([ALPHA, ALPHA // 3, ALPHA // 2])), "PNG"),
        saved(Image.fromarray(MASK), "PNG"),
    ]
    for data in files:
        assert np.array_equal(decode_mask(data), MASK)
