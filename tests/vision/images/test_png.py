import io
import struct
import zlib
from contextlib import suppress
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Picture, Rgb

PHOTO: Rgb = import_module("skimage.data").astronaut()[:200, 100:260]

sides = st.integers(1, 12)
pictures = st.tuples(sides, sides, st.sampled_from([None, 3, 4])).flatmap(
    lambda s: arrays(np.uint8, s[:2] if s[2] is None else s)
)


@given(pictures)
def test_decoding_restores_the_image_and_encoding_is_deterministic(picture: Picture) -> None:
    data = encode_png(picture)
    again = decode_png(data)
    assert again.dtype == picture.dtype and np.array_equal(again, picture)
    assert encode_png(picture) == data


@given(pictures)
def test_pillow_reads_our_files(picture: Picture) -> None:
    with Image.open(io.BytesIO(encode_png(picture))) as image:
        image.load()
        assert np.array_equal(np.asarray(image), picture)


@given(pictures, st.integers(0, 9))
def test_we_read_pillows_files(picture: Picture, level: int) -> None:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=level)
    assert np.array_equal(decode_png(file.getvalue()), picture)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(pictures, st.data())
def test_a_damaged_file_never_decodes_to_another_image(
    picture: Picture, draw: st.DataObject
) -> None:
    data = bytearray(encode_png(picture))
    data[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    with suppress(UnreadableImageError):
        assert np.array_equal(decode_png(bytes(data)), picture)


def test_a_strided_part_of_an_image_is_encoded() -> None:
    part = PHOTO[10:90:2, 5:77]
    assert np.array_equal(decode_png(encode_png(part)), part)


def test_photos_are_compressed_and_flat_masks_are_tiny() -> None:
    assert len(encode_png(PHOTO)) < 0.7 * PHOTO.nbytes
    mask = np.zeros((1000, 1000), np.uint8)
    mask[300:700, 200:600] = 255
    assert len(encode_png(mask)) < 20_000


def _with_content(content: bytes) -> bytes:
    """One of our files with other content in its IDAT chunk, and a valid checksum."""
    chunk = b"IDAT" + content
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return encode_png(PHOTO)[:33] + struct.pack(">I", len(content)) + chunk + checksum + _END


def _with_header(*header: int) -> bytes:
    """One of our files with another header, and a valid checksum."""
    chunk = b"IHDR" + struct.pack(">2I5B", *header)
    data = encode_png(PHOTO)
    return data[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]


_END = encode_png(PHOTO)[-12:]
_DAMAGED = [
    b"",
    b"junk",
    encode_png(PHOTO)[:3000],
    _with_content(b"no deflate at all"),
    _with_content(zlib.compress(b"too short")),
    _with_content(b""),
    _with_header(2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0),
    _with_header(0, 0, 8, 2, 0, 0, 0),
]


@pytest.mark.parametrize("data", _DAMAGED)
def test_damaged_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        decode_png(data)
