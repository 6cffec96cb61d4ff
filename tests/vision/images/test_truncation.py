import io
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from nst_pipeline.vision.images.truncation import looks_complete

PHOTO: np.ndarray = import_module("skimage.data").astronaut()[:200, 100:260]
FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "TIFF"]


def encode(image_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, image_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_complete_file_looks_complete(image_format):
    assert looks_complete(io.BytesIO(encode(image_format)), image_format)


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_incomplete(image_format, share):
    data = encode(image_format)

    assert not looks_complete(io.BytesIO(data[: int(len(data) * share)]), image_format)


def test_a_compressed_tiff_is_checked_by_its_strips():
    data = encode("TIFF", compression="tiff_lzw")

    assert looks_complete(io.BytesIO(data), "TIFF")


def test_zeros_after_a_jpeg_are_ignored_as_padding():
    data = encode("JPEG")

    assert looks_complete(io.BytesIO(data + bytes(3000)), "JPEG")
    assert not looks_complete(io.BytesIO(data[:-2] + bytes(3000)), "JPEG")


def test_a_jpeg_with_a_trailer_looks_incomplete():
    assert not looks_complete(io.BytesIO(encode("JPEG") + b"trailer"), "JPEG")
