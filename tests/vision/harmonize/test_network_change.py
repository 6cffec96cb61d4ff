import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.network_change import (
    Proposal,
    add_change,
    apply_network_change,
    low_frequency_change,
)
from nst_pipeline.vision.shapes import Box


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[::2, ::2].copy()


def test_the_low_frequency_change_is_the_tint_without_the_texture(cat):
    noise = np.random.default_rng(0).integers(-20, 21, cat.shape)
    after = np.clip(cat * 0.6 + 40 + noise + np.array([20, 0, -10]), 0, 255).astype(np.uint8)
    before = np.clip(cat * 0.6 + 40, 0, 255).astype(np.uint8)
    change = low_frequency_change(after, before, np.ones(cat.shape[:2], np.float32), 8)
    assert np.abs(change - np.array([20, 0, -10])).max() < 5


def test_a_change_outside_the_object_does_not_bleed_in(cat):
    after, weight = cat.copy(), np.zeros(cat.shape[:2], np.float32)
    weight[:, 80:] = 1
    after[:, :80] = 0
    change = low_frequency_change(after, cat, weight, 8)
    assert np.abs(change[:, 80:]).max() < 1e-3


def test_an_added_change_is_enlarged_and_clipped(cat):
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


def test_half_of_a_networks_tint_is_applied(cup):
    photo, matte = cup
    dull = (photo * 0.5 + 50).astype(np.uint8)
    warmer = dull + np.array([40, 0, 0], np.uint8)
    for proposal in (Proposal(warmer, dull), Proposal(warmer)):
        moved = apply_network_change(dull, matte, proposal).astype(int) - dull
        inside = moved[matte == 1]
        np.testing.assert_allclose(inside, [[20, 0, 0]] * len(inside), atol=1)
        assert not moved[matte == 0].any()
