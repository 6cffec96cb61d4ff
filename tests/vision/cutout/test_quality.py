import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.cutout.quality import (
    FIGURES,
    QualityParameters,
    logit,
    predict_quality,
)

shares = st.floats(0, 1)


def figures(value: float) -> dict[str, float]:
    return dict.fromkeys(FIGURES, value)


def test_quality_is_the_logistic_function_of_the_weighted_logits():
    parameters = QualityParameters(1.0, 0.5, 0.5, -1.0)
    expected = 1 / (1 + np.exp(-(2 * np.log(0.8 / 0.2) - 1)))
    assert predict_quality(figures(0.8), parameters=parameters) == pytest.approx(expected)


def test_a_sure_network_gives_a_high_quality_and_an_unsure_one_a_low_one():
    assert predict_quality(figures(0.97)) > 0.85
    assert predict_quality(figures(0.4)) < 0.6


@given(shares, shares, st.sampled_from(FIGURES))
def test_no_figure_lowers_the_quality_by_rising(low, high, name):
    low, high = sorted((low, high))
    lower, higher = (predict_quality(figures(0.7) | {name: value}) for value in (low, high))
    assert 0 <= lower <= higher <= 1


def test_shares_of_0_and_1_have_finite_logits():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
