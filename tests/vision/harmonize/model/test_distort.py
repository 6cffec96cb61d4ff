import numpy as np

from nst_pipeline.vision.harmonize.color_change import LabStatistics, lab_statistics
from nst_pipeline.vision.harmonize.model.distort import enlarge, move_sliders, transfer_statistics
from nst_pipeline.vision.images.color import to_lab


def test_transferred_statistics_are_those_of_the_other_object(cup):
    photo, matte = cup
    own = lab_statistics(to_lab(photo), matte > 0.5)
    other = LabStatistics(np.array([55.0, 5.0, -5.0]), np.array([8.0, 4.0, 4.0]))
    after = lab_statistics(to_lab(transfer_statistics(own, other).apply(photo)), matte > 0.5)
    np.testing.assert_allclose(after.mean, other.mean, atol=0.6)
    np.testing.assert_allclose(after.std, other.std, rtol=0.1)


def test_sliders_are_seeded_and_differ(cup):
    photo, _ = cup
    first, again = (move_sliders(photo, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - move_sliders(photo, np.random.default_rng(4))).mean() > 1


def test_sliders_keep_the_picture_recognizable(cup):
    photo, _ = cup
    rng = np.random.default_rng(0)
    for _ in range(20):
        slid = move_sliders(photo, rng)
        assert np.corrcoef(photo[..., 1].ravel(), slid[..., 1].ravel())[0, 1] > 0.8


def test_an_enlarged_object_covers_itself_in_its_own_colors(cup):
    photo, matte = cup
    composite, pasted = enlarge(photo, matte, np.random.default_rng(2))
    assert 1.1 < pasted.sum() / matte.sum() < 1.8
    np.testing.assert_array_equal(composite[pasted == 0], photo[pasted == 0])
    own, shown = photo[matte > 0.9].mean(0), composite[pasted > 0.9].mean(0)
    assert np.abs(own - shown).max() < 12


def test_a_hard_outline_is_softened_as_composites_are_when_reduced(cup):
    photo, matte = cup
    _, pasted = enlarge(photo, np.rint(matte), np.random.default_rng(2))
    assert pasted.min() == 0 and pasted.max() == 1
    assert 0 < ((pasted > 0.02) & (pasted < 0.98)).mean() < 0.05
