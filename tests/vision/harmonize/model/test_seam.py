import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.harmonize.model.seam import SEAM_FEATURES, describe_seam, step_ratio
from nst_pipeline.vision.images.color import to_lab


def test_a_tint_makes_a_step_that_a_photo_does_not_have(cup):
    photo, matte = cup
    lab, inside = to_lab(photo), matte > 0.5
    tinted = np.where(inside[..., None], lab + np.float32([0, 20, -15]), lab)
    assert step_ratio(lab, inside) < 0.2
    assert step_ratio(tinted, inside) > 0.5


def test_the_step_features_are_the_change_itself(cup):
    """Colors continue across this outline, so the first features show the change."""
    photo, matte = cup
    lab, inside = to_lab(photo), matte > 0.5
    change = np.float32([12, -9, 6])
    before = describe_seam(lab, inside)
    after = describe_seam(np.where(inside[..., None], lab + change, lab), inside)
    np.testing.assert_allclose((after - before)[:6].reshape(2, 3), [change, change], atol=0.01)
    np.testing.assert_allclose((after - before)[10:], 0, atol=0.01)


@given(st.integers(0, 3))
def test_turning_the_picture_changes_nothing(turns):
    rng = np.random.default_rng(3)
    lab, inside = rng.normal(50, 20, (24, 30, 3)).astype(np.float32), np.zeros((24, 30), bool)
    inside[6:15, 8:22] = True
    turned = describe_seam(np.rot90(lab, turns), np.rot90(inside, turns))
    np.testing.assert_allclose(turned, describe_seam(lab, inside), rtol=1e-6)


def test_without_an_outline_there_is_no_step():
    lab = np.zeros((20, 20, 3), np.float32)
    for inside in (np.zeros((20, 20), bool), np.ones((20, 20), bool)):
        assert step_ratio(lab, inside) == 0
        np.testing.assert_array_equal(describe_seam(lab, inside), np.zeros(SEAM_FEATURES))
