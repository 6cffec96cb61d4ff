import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nst_pipeline.publish.thumbnails import (
    INLINE_BYTES,
    as_rgb,
    before_after,
    checkerboard,
    inline_webp,
    thumbnail,
    webp_bytes,
    with_boxes,
)
from nst_pipeline.vision.shapes import Box


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    from skimage import data

    return data.astronaut()


def opened(uri: str) -> Image.Image:
    head, _, body = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_an_inline_image_resembles_the_original(astronaut: np.ndarray):
    picture = opened(inline_webp(astronaut, side=256))
    assert picture.size == (256, 256)
    difference = np.abs(np.asarray(picture, float) - thumbnail(astronaut, 256))
    assert difference.mean() < 5


def test_even_noise_fits_inline():
    noise = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), np.uint8)
    uri = inline_webp(noise, side=1200)
    assert len(uri) <= INLINE_BYTES
    assert opened(uri).size[0] > 200


def test_a_small_image_is_not_enlarged(astronaut: np.ndarray):
    assert opened(inline_webp(astronaut[:30, :40], side=640)).size == (40, 30)


def test_a_sticker_keeps_its_alpha_in_a_webp_file(astronaut: np.ndarray):
    sticker = np.dstack([astronaut, np.zeros((512, 512), np.uint8)])
    sticker[100:400, 100:400, 3] = 255
    read = np.asarray(Image.open(io.BytesIO(webp_bytes(sticker, side=128))))
    assert read.shape == (128, 128, 4)
    assert read[64, 64, 3] > 250 and read[4, 4, 3] < 5


def test_colors_of_transparent_pixels_do_not_bleed_into_the_edge():
    sticker = np.zeros((64, 64, 4), np.uint8)
    sticker[:, 1::2] = (255, 0, 0, 255)
    small = thumbnail(sticker, 16)
    assert (small[..., 0] == 255).all() and np.allclose(small[..., 3], 128, atol=1)


def test_transparent_parts_show_the_checkerboard():
    clear = np.zeros((40, 50, 4), np.uint8)
    np.testing.assert_array_equal(as_rgb(clear), checkerboard(40, 50))
    assert len(np.unique(as_rgb(clear))) == 2


def test_before_is_left_of_after(astronaut: np.ndarray):
    sheet = before_after(astronaut, np.zeros((300, 150, 3), np.uint8), height_px=200)
    assert sheet.shape[0] == 200
    assert (sheet[:, :200] == thumbnail(astronaut, 200)).all()
    assert (sheet[:, -100:] == 0).all()
    assert (sheet[:, 200:-100] == 255).all()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200))
def test_a_thumbnail_keeps_the_aspect_ratio_and_the_limit(height: int, width: int, side: int):
    small = thumbnail(np.zeros((height, width, 3), np.uint8), side)
    assert max(small.shape[:2]) == min(side, max(height, width))
    assert abs(small.shape[0] / height - small.shape[1] / width) <= 1 / min(height, width)


def test_boxes_are_drawn_where_they_are_in_the_original(astronaut: np.ndarray):
    drawn = with_boxes(astronaut, [Box(100, 200, 300, 100)], side=256)
    plain = thumbnail(astronaut, 256)
    rows, columns = np.nonzero((drawn != plain).any(axis=2))
    assert (rows.min(), rows.max()) == pytest.approx((100, 150), abs=5)
    assert (columns.min(), columns.max()) == pytest.approx((50, 200), abs=5)
