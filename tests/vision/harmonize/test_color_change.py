import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.color_change import (
    ColorChange,
    LabStatistics,
    add_change,
    lab_statistics,
    low_frequency_change,
    ring_change,
)
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.shapes import Box


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[::2, ::2].copy()


def test_statistics_are_those_of_the_mask(cat):
    lab, mask = to_lab(cat), np.zeros(cat.shape[:2], np.bool_)
    mask[10:40, 20:60] = True
    found = lab_statistics(lab, mask)
    np.testing.assert_allclose(found.mean, lab[10:40, 20:60].reshape(-1, 3).mean(0), rtol=1e-4)
    np.testing.assert_allclose(found.std, lab[10:40, 20:60].reshape(-1, 3).std(0), rtol=1e-4)


def test_change_moves_mean_and_spread(cat):
    own = lab_statistics(to_lab(cat), np.ones(cat.shape[:2], np.bool_))
    change = ColorChange(own.mean, np.array([0.7, 0.8, 0.9]), np.array([3.0, -2.0, 4.0]))
    after = lab_statistics(to_lab(change.apply(cat)), np.ones(cat.shape[:2], np.bool_))
    np.testing.assert_allclose(after.mean, own.mean + change.shift, atol=0.3)
    np.testing.assert_allclose(after.std, own.std * change.gain, rtol=0.03)


def test_ring_change_goes_part_of_the_way():
    own = LabStatistics(np.array([40.0, 0.0, 0.0]), np.array([10.0, 5.0, 5.0]))
    ring = LabStatistics(np.array([60.0, 10.0, -10.0]), np.array([14.4, 5.0, 5000.0]))
    change = ring_change(own, ring)
    np.testing.assert_allclose(change.shift, [8, 4, -4])
    np.testing.assert_allclose(change.gain, [1.2, 1, 2**0.5])


def test_ring_like_the_object_changes_nothing():
    own = LabStatistics(np.array([40.0, 3.0, 0.0]), np.array([10.0, 5.0, 0.0]))
    change = ring_change(own, own)
    assert (change.gain == 1).all() and (change.shift == 0).all()


def test_low_frequency_change_is_the_tint_without_the_texture(cat):
    noise = np.random.default_rng(0).integers(-20, 21, cat.shape)
    after = np.clip(cat * 0.6 + 40 + noise + np.array([20, 0, -10]), 0, 255).astype(np.uint8)
    before = np.clip(cat * 0.6 + 40, 0, 255).astype(np.uint8)
    change = low_frequency_change(after, before, np.ones(cat.shape[:2], np.float32), 8)
    assert np.abs(change - np.array([20, 0, -10])).max() < 5


def test_what_changed_outside_does_not_bleed_in(cat):
    after, weight = cat.copy(), np.zeros(cat.shape[:2], np.float32)
    weight[:, 80:] = 1
    after[:, :80] = 0
    change = low_frequency_change(after, cat, weight, 8)
    assert np.abs(change[:, 80:]).max() < 1e-3


def test_added_change_is_enlarged_and_clipped(cat):
    change, whole = np.full((4, 5, 3), 300, np.float32), Box(0, 0, cat.shape[1], cat.shape[0])
    np.testing.assert_array_equal(add_change(cat, change, 1.0, whole), np.full_like(cat, 255))
    np.testing.assert_array_equal(add_change(cat, change, 0.0, whole), cat)


def test_a_change_is_added_within_the_box_as_it_lies_in_the_whole_picture(cat):
    change = np.random.default_rng(0).uniform(-60, 60, (9, 12, 3)).astype(np.float32)
    height, width = cat.shape[:2]
    enlarged = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    expected = np.clip(cat + 0.5 * enlarged, 0, 255)
    box = Box(30, 50, 60, 40)

    changed = add_change(cat, change, 0.5, box)

    # OpenCV's warp knows 32 places between two pixels.
    assert np.abs(changed[box.slices] - expected[box.slices]).max() < 2.5
    outside = np.ones(cat.shape[:2], bool)
    outside[box.slices] = False
    np.testing.assert_array_equal(changed[outside], cat[outside])
