import numpy as np
import pytest

from nst_pipeline.vision.harmonize.color_change import (
    ColorChange,
    LabStatistics,
    lab_statistics,
    ring_change,
)
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[::2, ::2].copy()


def test_statistics_are_those_of_the_masked_pixels(cat):
    lab, mask = to_lab(cat), np.zeros(cat.shape[:2], np.bool_)
    mask[10:40, 20:60] = True
    found = lab_statistics(lab, mask)
    np.testing.assert_allclose(found.mean, lab[10:40, 20:60].reshape(-1, 3).mean(0), rtol=1e-4)
    np.testing.assert_allclose(found.std, lab[10:40, 20:60].reshape(-1, 3).std(0), rtol=1e-4)


def test_a_change_moves_the_mean_and_scales_the_standard_deviation(cat):
    own = lab_statistics(to_lab(cat), np.ones(cat.shape[:2], np.bool_))
    change = ColorChange(own.mean, np.array([0.7, 0.8, 0.9]), np.array([3.0, -2.0, 4.0]))
    after = lab_statistics(to_lab(change.apply(cat)), np.ones(cat.shape[:2], np.bool_))
    np.testing.assert_allclose(after.mean, own.mean + change.shift, atol=0.3)
    np.testing.assert_allclose(after.std, own.std * change.gain, rtol=0.03)


def test_a_ring_change_goes_part_of_the_way_and_is_limited():
    own = LabStatistics(np.array([40.0, 0.0, 0.0]), np.array([10.0, 5.0, 5.0]))
    ring = LabStatistics(np.array([60.0, 10.0, -10.0]), np.array([14.4, 5.0, 5000.0]))
    change = ring_change(own, ring)
    np.testing.assert_allclose(change.shift, [8, 4, -4])
    np.testing.assert_allclose(change.gain, [1.2, 1, 2**0.5])


def test_a_ring_like_the_object_changes_nothing():
    own = LabStatistics(np.array([40.0, 3.0, 0.0]), np.array([10.0, 5.0, 0.0]))
    change = ring_change(own, own)
    assert (change.gain == 1).all() and (change.shift == 0).all()
