import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.network_change import (
    LocalChange,
    Proposal,
    apply_local_change,
    apply_network_change,
    fit_local_change,
)
from nst_pipeline.vision.shapes import Box


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[::2, ::2].copy()


def whole(picture: np.ndarray) -> np.ndarray:
    return np.ones(picture.shape[:2], np.float32)


def test_gain_and_offset_are_found_without_the_texture(cat):
    noise = np.random.default_rng(0).integers(-20, 21, cat.shape)
    exact = cat * 0.7 + np.array([60, 40, 30])
    after = np.clip(exact + noise, 0, 255).astype(np.uint8)
    everywhere = Box(0, 0, cat.shape[1], cat.shape[0])
    change = fit_local_change(after, cat, whole(cat))
    found = apply_local_change(cat, change, 1.0, everywhere)
    assert np.abs(found - exact).mean() < 5 < np.abs(after - exact).mean()


def test_without_contrast_a_change_is_an_offset():
    gray = np.full((40, 60, 3), 100, np.uint8)
    change = fit_local_change(gray + np.uint8(30), gray, whole(gray))
    np.testing.assert_allclose(change.gain, 1, atol=1e-5)
    np.testing.assert_allclose(change.offset, 30, atol=1e-3)


def test_a_change_outside_the_object_does_not_bleed_in(cat):
    after, weight = cat.copy(), np.zeros(cat.shape[:2], np.float32)
    weight[:, 80:] = 1
    after[:, :80] = 0
    change = fit_local_change(after, cat, weight)
    np.testing.assert_allclose(change.gain[:, 80:], 1, atol=1e-3)
    np.testing.assert_allclose(change.offset[:, 80:], 0, atol=0.1)


def test_an_applied_change_is_enlarged_and_clipped(cat):
    size, everywhere = (4, 5, 3), Box(0, 0, cat.shape[1], cat.shape[0])
    bright = LocalChange(np.ones(size, np.float32), np.full(size, 300, np.float32))
    np.testing.assert_array_equal(
        apply_local_change(cat, bright, 1.0, everywhere), np.full_like(cat, 255)
    )
    np.testing.assert_array_equal(apply_local_change(cat, bright, 0.0, everywhere), cat)


def test_a_change_is_applied_within_the_box_as_it_lies_in_the_whole_picture(cat):
    rng = np.random.default_rng(0)
    change = LocalChange(
        rng.uniform(0.7, 1.4, (9, 12, 3)).astype(np.float32),
        rng.uniform(-40, 40, (9, 12, 3)).astype(np.float32),
    )
    size = cat.shape[1], cat.shape[0]
    gain, offset = (cv2.resize(each, size) for each in (change.gain, change.offset))
    expected = np.clip(0.5 * cat + 0.5 * (cat * gain + offset), 0, 255)
    box = Box(30, 50, 60, 40)

    changed = apply_local_change(cat, change, 0.5, box)

    # OpenCV's warp knows 32 places between two pixels.
    assert np.abs(changed[box.slices] - expected[box.slices]).max() < 3
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
