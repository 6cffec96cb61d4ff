import io
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Picture, Rgb

PHOTO: Rgb = import_module("skimage.data").astronaut()[:200, 100:260]

sides = st.integers(1, 12)
pictures = st.tuples(sides, sides, st.sampled_from([None, 3, 4])).flatmap(
    lambda s: arrays(np.uint8, s[:2] if s[2] is None else s)
)


@given(pictures)
def test_round_trip(picture: Picture) -> None:
    data = encode_png(picture)
    again = decode_png(data)
    assert again.dtype == picture.dtype and np.array_equal(again, picture)
    assert encode_png(picture) == data


@given(pictures)
def test_others_read_what_we_write(picture: Picture) -> None:
    with Image.open(io.BytesIO(encode_png(picture))) as image:
        image.load()
        assert np.array_equal(np.asarray(image), picture)


def test_a_part_of_a_picture() -> None:
    part = PHOTO[10:90:2, 5:77]
    assert np.array_equal(decode_png(encode_png(part)), part)


def test_a_photo_gets_smaller_and_a_flat_mask_hardly_takes_room() -> None:
    assert len(encode_png(PHOTO)) < 0.7 * PHOTO.nbytes
    mask = np.zeros((1000, 1000), np.uint8)
    mask[300:700, 200:600] = 255
    assert len(encode_png(mask)) < 20_000


@pytest.mark.parametrize("data", [b"", b"junk", encode_png(PHOTO)[:3000]])
def test_a_damaged_artifact_is_no_picture(data: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        decode_png(data)
