import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.images.regions import (
    object_box,
    object_mask,
    object_surroundings,
    rim_mask,
    ring_mask,
)
from nst_pipeline.vision.shapes import Box


def square(side: int = 40, start: int = 10, end: int = 30) -> np.ndarray:
    matte = np.zeros((side, side), np.float32)
    matte[start:end, start:end] = 1
    return matte


def test_the_ring_lies_just_outside_and_the_rim_just_inside():
    matte = square()
    ring, rim = ring_mask(matte, 3), rim_mask(matte, 3)
    assert ring[20, 9] and ring[20, 7] and not ring[20, 6] and not ring[20, 10]
    assert rim[20, 10] and rim[20, 12] and not rim[20, 13] and not rim[20, 9]


def test_a_gap_excludes_the_outline():
    assert not ring_mask(square(), 3, gap_px=2)[20, 8]
    assert ring_mask(square(), 3, gap_px=2)[20, 7]


def test_faint_haze_belongs_to_the_scene():
    matte = square()
    matte[20, 5:10] = 0.01
    np.testing.assert_array_equal(ring_mask(matte, 3), ring_mask(square(), 3))


@given(
    st.integers(0, 18),
    st.integers(0, 18),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 5),
)
def test_the_box_is_tight_and_the_ring_never_touches_the_object(x, y, width, height, ring_px):
    matte = np.zeros((20, 20), np.float32)
    box = Box(x, y, width, height).clipped(20, 20)
    matte[box.slices] = 0.7
    assert object_box(matte) == box
    assert not (ring_mask(matte, ring_px) & object_mask(matte)).any()


def test_glass_has_the_mask_and_the_rim_of_a_solid_object():
    glass = square() * np.float32(0.3)
    np.testing.assert_array_equal(object_mask(glass), object_mask(square()))
    np.testing.assert_array_equal(rim_mask(glass, 3), rim_mask(square(), 3))
    assert not object_mask(glass, opacity=1).any()
    assert not object_mask(square() * np.float32(0.04)).any()


def test_a_margin_expands_the_box_within_the_image():
    assert object_box(square(), margin=0.25) == Box(5, 5, 30, 30)
    assert object_box(square(), margin=2) == Box(0, 0, 40, 40)


def test_an_empty_matte_has_an_empty_box():
    assert object_box(np.zeros((4, 4), np.float32)) == Box(0, 0, 0, 0)


def test_the_surroundings_hold_object_and_scene_apart():
    matte = square()
    matte[9, 10:30] = 0.2  # neither object nor scene

    part, inside, scene = object_surroundings(matte, align=4)

    assert part == (slice(0, 40), slice(0, 40))
    np.testing.assert_array_equal(inside, object_mask(matte))
    assert not (inside & scene).any()
    assert not inside[9].any() and not scene[9, 10:30].any()


def test_the_surroundings_begin_at_a_multiple_of_the_alignment():
    part, inside, _ = object_surroundings(square(100, 45, 55), align=8)

    rows, columns = part
    assert rows == columns == slice(32, 61)
    assert inside.shape == (29, 29)


@settings(max_examples=20)
@given(st.integers(17, 90), st.integers(0, 10**6))
def test_a_wide_ring_is_that_of_opencv(width_px, seed):
    random = np.random.default_rng(seed)
    matte = np.zeros((120, 150), np.float32)
    for _ in range(3):
        center = int(random.integers(150)), int(random.integers(120))
        axes = int(random.integers(1, 25)), int(random.integers(1, 25))
        cv2.ellipse(matte, center, axes, int(random.integers(180)), 0, 360, 1.0, -1)
    covered = (matte > 0).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width_px + 1, 2 * width_px + 1))

    ring = ring_mask(matte, width_px)

    np.testing.assert_array_equal(ring, (cv2.dilate(covered, disc) > 0) & (covered == 0))


def test_a_wide_ring_around_nothing_is_empty():
    assert not ring_mask(np.zeros((40, 50), np.float32), 30).any()
