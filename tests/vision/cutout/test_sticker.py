import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from nst_pipeline.vision.cutout import crop_sticker
from nst_pipeline.vision.cutout.sticker import uncrop_matte
from nst_pipeline.vision.shapes import Box, Cutout


def test_a_sticker_is_cropped_tightly_with_straight_alpha():
    matte = np.zeros((50, 60), np.float32)
    matte[10:20, 30:45] = 0.5
    colors = np.full((50, 60, 3), 200, np.uint8)

    pixels, box = crop_sticker(Cutout(matte, colors, 1.0))

    assert box == Box(28, 8, 19, 14)
    assert pixels.shape == (14, 19, 4)
    assert pixels[2, 2].tolist() == [200, 200, 200, 128]
    assert not pixels[0].any()


def test_a_sticker_at_the_photos_edge_stays_inside_it():
    matte = np.ones((5, 6), np.float32)

    pixels, box = crop_sticker(Cutout(matte, np.zeros((5, 6, 3), np.uint8), 1.0))

    assert box == Box(0, 0, 6, 5)
    assert pixels.shape == (5, 6, 4)


def test_an_empty_cutout_is_an_empty_sticker():
    empty = Cutout(np.zeros((5, 6), np.float32), np.zeros((5, 6, 3), np.uint8), 0.0)

    pixels, box = crop_sticker(empty)

    assert pixels.shape == (0, 0, 4)
    assert (box.width, box.height) == (0, 0)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_uncropping_a_sticker_restores_the_matte(alpha):
    matte = alpha / np.float32(255)
    cutout = Cutout(matte, np.zeros((*alpha.shape, 3), np.uint8), 1.0)

    sticker, box = crop_sticker(cutout)

    restored = uncrop_matte(sticker, box, alpha.shape[1], alpha.shape[0])
    assert np.array_equal(restored, matte)
