import numpy as np

from nst_pipeline.style.object_ring import object_ring
from nst_pipeline.vision.images.regions import ring_mask


def matte_of(width: int, height: int) -> np.ndarray:
    matte = np.zeros((200, 240), np.float32)
    matte[80 : 80 + height, 90 : 90 + width] = 1
    return matte


def test_the_ring_is_half_as_wide_as_the_objects_longer_side():
    assert object_ring(matte_of(60, 20)).width_px == 30
    assert object_ring(matte_of(60, 20), reach=0.25).width_px == 15


def test_the_window_holds_the_object_and_the_whole_ring():
    matte = matte_of(40, 60)
    ring = object_ring(matte)
    whole = ring_mask(matte, ring.width_px)
    assert np.array_equal(ring.mask, whole[ring.window.slices])
    assert ring.mask.sum() == whole.sum()
    assert ring.matte.sum() == matte.sum()


def test_the_smallest_object_has_a_ring_of_one_pixel():
    assert object_ring(matte_of(1, 1)).width_px == 1


def test_without_an_object_the_window_is_empty():
    ring = object_ring(np.zeros((20, 30), np.float32))
    assert ring.window.width == ring.window.height == ring.matte.size == 0
