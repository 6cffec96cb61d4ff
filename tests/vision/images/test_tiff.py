"""TIFFs are read by their tags, or refused by name."""

import io
import struct
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.header import check_photo
from nst_pipeline.vision.images.tiff import MAX_PAGES, read_pages

PHOTO: np.ndarray = import_module("skimage.data").astronaut()[:120, 100:260]
GRAY = PHOTO[..., 1]
GRAY_16 = GRAY.astype(np.uint16) * 257


def written(picture: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, picture, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return decode_photo(data, name="cat.tif", max_megapixels=100)


def problem(data: bytes) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        check_photo(io.BytesIO(data), max_megapixels=100)
    return str(caught.value)


def packed(levels: np.ndarray, bits: int) -> bytes:
    """Pack levels bit by bit, each row from a new byte."""
    planes = (levels[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(planes.reshape(levels.shape[0], -1), axis=1).tobytes()


def by_hand(pixels: bytes, bits: int, photometric: int = 1, *more: tuple[int, int, int]) -> bytes:
    """A gray TIFF of the photo's size: for samples that tifffile does not write by itself."""
    height, width = GRAY.shape
    entries = sorted(
        [
            *(
                (256, 4, width),
                (257, 4, height),
                (258, 3, bits),
                (259, 3, 1),
                (262, 3, photometric),
            ),
            *((273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(pixels))),
            *more,
        ]
    )
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    directory = struct.pack("<H", len(entries)) + table + bytes(4)
    return struct.pack("<2sHI", b"II", 42, 8 + len(pixels)) + pixels + directory


@pytest.mark.parametrize(
    "options",
    [{}, {"bigtiff": True}, {"byteorder": ">"}, {"byteorder": ">", "compression": "zlib"}],
)
def test_gray_whose_zero_is_white_is_inverted(options: dict[str, Any]) -> None:
    for picture in (255 - GRAY, 65535 - GRAY_16):
        data = written(picture, photometric="miniswhite", **options)
        assert np.array_equal(decoded(data)[..., 0], GRAY)


def test_large_tiffs_of_the_other_byte_order_are_refused_by_name() -> None:
    data = written(GRAY, photometric="minisblack", byteorder=">", bigtiff=True)
    assert problem(data) == "an unusual kind of TIFF (big-endian BigTIFF): save it again, as RGB"


def test_colors_of_video_are_refused_by_name() -> None:
    data = written(np.dstack([GRAY] * 3), photometric="ycbcr")
    assert problem(data).startswith("YCbCr colors without JPEG compression: save it as RGB")


def test_12_bit_gray_has_its_own_scale() -> None:
    levels = np.rint(GRAY / 255 * 4095).astype(np.uint16)
    assert np.array_equal(decoded(by_hand(packed(levels, 12), 12))[..., 0], GRAY)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_other_depths_are_refused_by_name(bits: int) -> None:
    levels = GRAY.astype(np.uint16) << (bits - 8)
    photometric = 0 if bits == 12 else 1
    message = problem(by_hand(packed(levels, bits), bits, photometric))
    assert message.startswith(f"{bits} bits per channel: save it as RGB or gray")


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floating_point_levels_are_refused_before_they_become_a_partition(kind: str) -> None:
    message = problem(written((GRAY / 255).astype(kind)))
    assert message.startswith(f"floating-point levels of {kind[5:]} bits")


def test_signed_and_wide_levels_are_refused() -> None:
    assert problem(written(GRAY.astype(np.int16))).startswith("signed levels of 16 bits")
    assert problem(written(GRAY.astype(np.uint32))).startswith("32 bits per channel")


@pytest.mark.parametrize(
    "options",
    [
        {"tile": (64, 64)},
        {"planarconfig": "separate"},
        {"planarconfig": "separate", "tile": (64, 64)},
        {"rowsperstrip": 7, "byteorder": ">"},
        {"bigtiff": True},
    ],
)
def test_tiles_strips_and_planes_are_read(options: dict[str, Any]) -> None:
    picture = np.moveaxis(PHOTO, 2, 0) if "planarconfig" in options else PHOTO
    data = written(picture, photometric="rgb", **options)
    check_photo(io.BytesIO(data), max_megapixels=100)
    assert np.array_equal(decoded(data), PHOTO)


def test_16_bit_color_in_tiles_is_read() -> None:
    data = written(PHOTO.astype(np.uint16) * 257, photometric="rgb", tile=(64, 64))
    assert np.array_equal(decoded(data), PHOTO)


@pytest.mark.parametrize("first", [False, True])
def test_thumbnails_and_masks_are_no_further_pages(first: bool) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        if first:
            writer.write(PHOTO[::4, ::4].copy(), photometric="rgb", subfiletype=1)
        writer.write(PHOTO, photometric="rgb")
        if not first:
            writer.write(PHOTO[::4, ::4].copy(), photometric="rgb", subfiletype=1)
            writer.write(GRAY > 99, photometric="minisblack", subfiletype=4)
    data = buffer.getvalue()
    header = check_photo(io.BytesIO(data), max_megapixels=100)
    assert (header.width, header.height, header.frames) == (160, 120, 1)
    assert np.array_equal(decoded(data), PHOTO)


def test_many_pages_are_refused_at_once() -> None:
    one = by_hand(GRAY.tobytes(), 8)
    at = len(one) - 2 - 9 * 12 - 4
    page = bytearray(one[at:])
    pages = bytearray(one)
    pages[-4:] = struct.pack("<I", len(one))
    for _ in range(MAX_PAGES + 5):
        page[-4:] = struct.pack("<I", len(pages) + len(page))
        pages += page
    assert problem(bytes(pages)) == f"more than {MAX_PAGES} pages: only single pictures are used"
    loop = one[:-4] + struct.pack("<I", at)
    assert len(read_pages(io.BytesIO(loop))) == 1


@pytest.mark.parametrize("tag", [256, 258, 273, 279])
@pytest.mark.parametrize("kind", [2, 5, 7, 11, 12, 99])
def test_a_tag_of_the_wrong_type_is_named(tag: int, kind: int) -> None:
    data = bytearray(by_hand(GRAY.tobytes(), 8))
    at = data.index(struct.pack("<HH", tag, 3 if tag == 258 else 4), 8 + GRAY.size)
    data[at + 2 : at + 4] = struct.pack("<H", kind)
    assert problem(bytes(data)).startswith(f"TIFF tag {tag} has the wrong type {kind}")


def test_tags_that_are_larger_than_the_file_are_not_read() -> None:
    data = bytearray(by_hand(GRAY.tobytes(), 8, 1, (50000, 1, 8)))
    at = data.index(struct.pack("<HH", 50000, 1))
    data[at + 4 : at + 8] = struct.pack("<I", 2**31)
    assert "larger than the file" in problem(bytes(data))


@pytest.mark.parametrize(
    ("photometric", "kind"), [(8, r"CIE L\*a\*b\*"), (32803, "raw camera file"), (6, "YCbCr")]
)
def test_other_kinds_of_color_are_refused_by_name(photometric: int, kind: str) -> None:
    with pytest.raises(UnreadableImageError, match=kind):
        decoded(by_hand(GRAY.tobytes(), 8, photometric))


def test_a_palette_is_read() -> None:
    palette = Image.fromarray(PHOTO).quantize(32)
    buffer = io.BytesIO()
    palette.save(buffer, "TIFF")
    assert np.array_equal(decoded(buffer.getvalue()), np.asarray(palette.convert("RGB")))


def spoiled(data: bytes, change: bytes) -> bytes:
    """Damage the middle of the first strip or tile."""
    at, count = read_pages(io.BytesIO(data))[0].blocks[0]
    middle = at + count // 2
    return data[:middle] + change + data[middle + len(change) :]


@pytest.mark.parametrize("compression", ["group4", "tiff_adobe_deflate", "jpeg"])
def test_what_the_decoder_of_a_tiff_warns_of_is_damage(compression: str, capfd: Any) -> None:
    buffer = io.BytesIO()
    image = Image.fromarray(PHOTO)
    picture = image.convert("1") if compression == "group4" else image
    picture.save(buffer, "TIFF", compression=compression)
    assert decoded(buffer.getvalue()).shape == PHOTO.shape
    with pytest.raises(UnreadableImageError, match=r"cat\.tif: damaged or"):
        decoded(spoiled(buffer.getvalue(), b"\xff\0\x55" * 30))
    assert capfd.readouterr().err == ""


def test_compressed_tiffs_of_any_mode_are_decoded_alike() -> None:
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LA"):
        image = Image.fromarray(PHOTO).convert(mode)
        plain, packed_ = io.BytesIO(), io.BytesIO()
        image.save(plain, "TIFF")
        image.save(packed_, "TIFF", compression="tiff_lzw")
        assert np.array_equal(decoded(plain.getvalue()), decoded(packed_.getvalue())), mode


def test_the_padding_of_tiles_is_no_damage() -> None:
    for picture in (PHOTO, GRAY, GRAY_16):
        data = written(picture, tile=(256, 256))
        assert np.array_equal(decoded(data)[..., 0], PHOTO[..., 0 if picture is PHOTO else 1])


def test_a_copy_that_stopped_within_tiles_is_refused() -> None:
    data = written(PHOTO, photometric="rgb", tile=(64, 64))
    offset, size = read_pages(io.BytesIO(data))[0].blocks[3]
    cut = offset + size // 2 + 30
    assert "end with zeros" in problem(data[:cut] + bytes(len(data) - cut))


@pytest.mark.parametrize("mode", ["CMYK", "P", "L"])
@pytest.mark.parametrize("image_format", ["TIFF", "BMP"])
def test_zeros_at_the_end_of_any_uncompressed_pixels_are_refused(
    mode: str, image_format: str
) -> None:
    if (mode, image_format) == ("CMYK", "BMP"):
        pytest.skip("there are no such files")
    buffer = io.BytesIO()
    image = Image.fromarray(PHOTO // 8 + 9).convert("L" if mode == "P" else mode)
    if mode == "P":  # its levels are small numbers
        image = Image.fromarray(GRAY // 64 + 1)
        image.putpalette(bytes(range(15)))
    image.save(buffer, image_format)
    data = buffer.getvalue()
    decoded(data)
    row = PHOTO.shape[1] * (4 if mode == "CMYK" else 1)
    cut = len(data) - 30 * row - 70
    refused = problem(data[:cut] + bytes(len(data) - cut))
    assert "end with zeros" in refused


def test_millions_of_strips_are_refused_before_they_are_read() -> None:
    count = 600_000
    data = bytearray(by_hand(bytes(4 * count), 8))
    entry = data.rindex(struct.pack("<HHI", 273, 4, 1))
    data[entry + 4 : entry + 8] = struct.pack("<I", count)
    assert problem(bytes(data)) == "TIFF tag 273 has 600000 values: save it again"


def test_what_pillow_would_misread_is_refused_by_name() -> None:
    pixels = GRAY.tobytes()
    unsaid = by_hand(pixels, 8).replace(struct.pack("<HH", 262, 3), struct.pack("<HH", 261, 3))
    assert problem(unsaid).startswith("a TIFF without PhotometricInterpretation")
    reverse = by_hand(pixels, 8, 0, (266, 3, 2))
    assert problem(reverse).startswith("the lowest bit of each byte comes first")
    webp = by_hand(pixels, 8).replace(
        struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 3, 1, 50001)
    )
    assert problem(webp).startswith("a TIFF compressed by WebP")
