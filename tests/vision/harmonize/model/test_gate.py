import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.harmonize.model.gate import (
    TAKEN_FROM,
    TAKEN_WHOLE,
    confidence,
    fit_gate,
    gate_inputs,
    taken_share,
)


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    """Large changes of unnatural objects mostly help, small ones of natural objects seldom."""
    rng = np.random.default_rng(0)
    natural, pasted, size = rng.random(4000), rng.random(4000), rng.uniform(0, 30, 4000)
    inputs = gate_inputs(natural, pasted, size)
    chance = confidence(inputs, np.array([1.0, -6.0, -1.0, 1.0, 0.0]))
    return inputs, rng.random(4000) < chance


def test_confidence_is_how_often_it_helps(predictions):
    inputs, better = predictions
    told = confidence(inputs, fit_gate(inputs, better, np.ones(len(better))))
    for low in (0.0, 0.25, 0.5, 0.75):
        part = (told >= low) & (told < low + 0.25)
        assert abs(told[part].mean() - better[part].mean()) < 0.06


def test_agrees_with_scikit_learn(predictions):
    from sklearn.linear_model import LogisticRegression

    inputs, better = predictions
    theirs = LogisticRegression(C=1e6, max_iter=2000, tol=1e-8).fit(inputs[:, 1:], better)
    ours = fit_gate(inputs, better, np.ones(len(better)))
    np.testing.assert_allclose(ours[1:], theirs.coef_[0], atol=0.02)


def test_examples_that_can_be_told_apart_give_finite_weights():
    inputs = gate_inputs(np.array([0.0, 1.0]), np.zeros(2), np.ones(2))
    assert np.isfinite(fit_gate(inputs, np.array([True, False]), np.ones(2))).all()


@given(st.floats(0, 1))
def test_more_certain_takes_more(certainty):
    share = taken_share(certainty)
    assert 0 <= share <= taken_share(min(1, certainty + 0.1)) <= 1
    assert (share == 0) == (certainty <= TAKEN_FROM)
    assert (share == 1) == (certainty >= TAKEN_WHOLE)
