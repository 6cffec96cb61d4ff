import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.harmonize.color_change import ColorChange, LabStatistics
from nst_pipeline.vision.harmonize.model.color_model import (
    COLOR_MODEL,
    NATURAL,
    PASTED,
    ColorModel,
    change_size,
    predicted_change,
)
from nst_pipeline.vision.harmonize.object_view import ObjectColors

GRAY = LabStatistics(np.array([50.0, 0.0, 0.0]), np.array([10.0, 5.0, 5.0]))
COLORS = ObjectColors(GRAY, rim=GRAY.mean, ring=np.array([50.0, 20.0, 0.0]))
"""A gray object on a reddish scene."""


def prediction(shift: tuple[float, float, float], *, pasted: float = 0.0) -> np.ndarray:
    values = np.zeros(8)
    values[:3], values[PASTED] = shift, pasted
    return values


def test_small_predictions_are_shrunk_more_than_large_ones():
    def share(lightness: float) -> float:
        predicted = prediction((lightness, 0, 0))
        return predicted_change(predicted, predicted, COLORS).shift[0] / lightness

    assert share(1) < 0.1 < 0.7 < share(12)


@given(st.lists(st.floats(-100, 100), min_size=6, max_size=6))
def test_no_change_exceeds_its_limits(values):
    predicted = np.array([*values, 0.0, 0.0])
    change = predicted_change(predicted, predicted, COLORS)
    assert np.linalg.norm(change.shift) <= COLOR_MODEL.shift_limit + 1e-9
    limit = COLOR_MODEL.gain_limit * (1 + 1e-9)
    assert (change.gain <= limit).all() and (change.gain >= 1 / limit).all()


@pytest.mark.parametrize(("pasted", "followed"), [(0.0, 0), (1.0, 1)])
def test_the_prediction_with_the_seam_is_used_only_in_the_objects_own_photo(pasted, followed):
    with_seam, without_seam = prediction((20, 0, 0), pasted=pasted), prediction((-20, 0, 0))
    change = predicted_change(with_seam, without_seam, COLORS)
    assert np.sign(change.shift[0]) == (1, -1)[followed]


def test_a_pasted_object_moves_toward_the_chroma_of_its_ring():
    predicted = prediction((0, 0, 0), pasted=1.0)
    shift = predicted_change(predicted, predicted, COLORS).shift
    assert 0 < shift[1] <= COLOR_MODEL.pull_limit and shift[0] == shift[2] == 0


def test_the_size_of_a_change_includes_shift_and_gain():
    change = ColorChange(GRAY.mean, np.array([1.4, 1.0, 1.0]), np.array([3.0, 0.0, 0.0]))
    assert change_size(change, GRAY) == pytest.approx(5.0)


def test_the_advice_has_the_confidence_of_the_gate():
    class Fixed:
        def predict(self, features: np.ndarray) -> np.ndarray:
            values = prediction((20, 0, 0))
            values[NATURAL] = features[0]
            return values

    model = ColorModel(Fixed(), Fixed(), np.array([2.0, -4.0, 0.0, 0.0, 0.0]))
    natural, changed = (model.advise(np.array([each]), COLORS) for each in (1.0, 0.0))
    assert natural.confidence == pytest.approx(1 / (1 + np.exp(2)))
    assert changed.confidence == pytest.approx(1 / (1 + np.exp(-2)))
