"""Files that are cut short or filled with zeros are refused by their structure."""

import io
import re
import struct
import zlib
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.codecs import decode_mask, decode_photo
from nst_pipeline.vision.images.damage import check_whole, walk_jpeg
from nst_pipeline.vision.images.header import check_photo

PHOTO: np.ndarray = import_module("skimage.data").astronaut()[:200, 100:260]
FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "TIFF"]


def encode(image_format: str, picture: np.ndarray = PHOTO, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, image_format, **options)
    return buffer.getvalue()


def problem(data: bytes) -> str:
    """What the scan says; empty if it accepts the file."""
    try:
        check_photo(io.BytesIO(data), max_megapixels=100)
    except UnreadableImageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_whole_file_is_accepted(image_format):
    assert problem(encode(image_format)) == ""


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_refused(image_format, share):
    data = encode(image_format)
    assert "damaged or cut short" in problem(data[: int(len(data) * share)])


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("share", [0.4, 0.5, 0.77])
def test_a_file_whose_end_is_zeros_is_refused(image_format, share):
    """A copy in progress has its room already, and a dead card gives zeros."""
    data = encode(image_format)
    kept = int(len(data) * share)
    assert "damaged or cut short" in problem(data[:kept] + bytes(len(data) - kept))


def test_black_pictures_and_black_parts_are_no_damage():
    black = np.zeros_like(PHOTO)
    disc = black.copy()
    y, x = np.mgrid[:200, :160]
    inside = (y - 100) ** 2 + (x - 80) ** 2 < 50**2
    disc[inside] = PHOTO[inside]
    letterbox = PHOTO.copy()
    letterbox[:40] = letterbox[-40:] = 0
    for picture in (black, disc, letterbox):
        for image_format in FORMATS:
            assert problem(encode(image_format, picture)) == ""


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiffs_are_checked_by_their_strips(compression):
    data = encode("TIFF", compression=compression)
    assert problem(data) == ""


def test_zeros_and_trailers_after_the_end_of_a_jpeg_are_padding():
    data = encode("JPEG")
    for after in (bytes(3000), b"trailer of the camera's maker", encode("JPEG")[: len(data) // 2]):
        assert problem(data + after) == ""
    assert problem(data[:-2] + bytes(3000)) == "damaged or cut short (it has no end mark)"
    assert problem(data[:-2] + b"trailer") == "damaged or cut short (it has no end mark)"


def test_a_png_without_its_end_is_refused():
    data = encode("PNG")
    assert "no end mark" in problem(data[: data.index(b"IEND") - 4])
    assert problem(data + b"trailer") == ""


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_damage_in_the_middle_shows_when_the_photo_is_decoded(image_format):
    data = bytearray(encode(image_format))
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    with pytest.raises(UnreadableImageError, match=r"cat: damaged or cut short"):
        decode_photo(bytes(data), name="cat", max_megapixels=100)


def test_scans_of_a_jpeg_are_counted():
    def walk(data):
        return walk_jpeg(io.BytesIO(data))

    assert walk(encode("JPEG")) == (1, True)
    data = encode("JPEG", progressive=True)
    scans, has_end = walk(data)
    assert 5 < scans < 20 and has_end
    assert walk(data[:-2])[1] is False
    last = data.rindex(b"\xff\xda") + 2
    start = last + int.from_bytes(data[last : last + 2], "big")
    # Blocks that are read end before, within and after the mark of the end.
    for padding in range((1 << 20) - 2, (1 << 20) + 2):
        long = data[:start] + bytes(padding - (len(data) - start)) + data[start:]
        assert walk(long) == (scans, True)


def test_a_jpeg_of_a_thousand_scans_is_refused():
    data = encode("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:-2] + data[last:-2] * 1000 + data[-2:]
    assert problem(bomb).startswith("65 progressive scans")


def test_few_scans_of_a_huge_jpeg_are_refused_too():
    data = io.BytesIO(encode("JPEG", progressive=True))
    check_whole(data, "JPEG", 50.0, progressive=True)
    with pytest.raises(UnreadableImageError, match="progressive scans of 500 Mpx"):
        check_whole(data, "JPEG", 500.0, progressive=True)


def test_a_file_of_another_format_is_not_checked():
    check_whole(io.BytesIO(b"anything"), "GIF", 1.0)


def test_a_bmp_that_states_more_rows_than_it_has_is_refused():
    data = bytearray(encode("BMP"))
    data[22:26] = struct.pack("<i", 1000)
    assert "damaged or cut short" in problem(bytes(data))


@pytest.mark.parametrize("more", [b"\xff\xfe\0\2" * 20_000, b"\xff" * 100_000])
def test_endless_markers_before_the_picture_are_refused(more):
    data = encode("JPEG")
    with pytest.raises(UnreadableImageError, match="more than 10000 markers, or endless padding"):
        decode_photo(data[:2] + more + data[2:], name="cat", max_megapixels=100)
    few = data[:2] + b"\xff\xfe\0\2" * 100 + b"\xff" * 100 + data[2:]
    assert decode_photo(few, name="cat", max_megapixels=100).shape == PHOTO.shape


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_flipped_bit_of_a_png_shows_by_its_checksums(kind):
    data = bytearray(encode("PNG"))
    length = int.from_bytes(data[data.index(kind) - 4 : data.index(kind)], "big")
    data[data.index(kind) + 4 + length] ^= 1
    assert re.search("damaged or cut short|its header is broken", problem(bytes(data)))
    with pytest.raises(UnreadableImageError):
        decode_photo(bytes(data), name="cat", max_megapixels=100)


def test_damaged_masks_are_refused():
    mask = encode("PNG", np.where(PHOTO[..., 0] > 99, 255, 0).astype(np.uint8))
    assert decode_mask(mask).any()
    half = len(mask) // 2
    flipped = mask[:half] + bytes([mask[half] ^ 4]) + mask[half + 1 :]
    for damaged in (mask[:half], mask[:-12], mask[:half] + bytes(len(mask) - half), flipped):
        with pytest.raises(UnreadableImageError, match="damaged or cut short"):
            decode_mask(damaged)


def test_files_of_endless_parts_are_refused_before_they_are_opened():
    jpeg, png, webp = encode("JPEG"), encode("PNG"), encode("WEBP")
    exif = b"\xff\xe1\0\x20Exif\0\0" + bytes(24)
    assert problem(jpeg[:2] + exif * 16 + jpeg[2:]) == ""
    assert "16 segments of Exif" in problem(jpeg[:2] + exif * 17 + jpeg[2:])
    text = png_chunk(b"tEXt", b"a\0b")
    assert problem(png[:33] + text * 100 + png[33:]) == ""
    assert "10000 chunks" in problem(png[:33] + text * 10_000 + png[33:])
    body = webp[12:] + b"ABCD\0\0\0\0" * 10_000
    size = struct.pack("<I", 4 + len(body))
    assert "10000 chunks" in problem(b"RIFF" + size + b"WEBP" + body)


def test_endless_markers_after_the_picture_are_refused():
    data = encode("JPEG", progressive=True)
    assert problem(data[:-2] + b"\xff\xfe\0\2" * 20_000 + data[-2:]).startswith("more than")
