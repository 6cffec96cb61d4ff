import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.harmonize.model.gate import (
    GATE,
    confidence,
    fit_gate,
    gate_inputs,
    share_to_apply,
)


@pytest.fixture(scope="module")
def predictions() -> tuple[np.ndarray, np.ndarray]:
    """Large changes of unnatural objects mostly help, small ones of natural objects seldom."""
    rng = np.random.default_rng(0)
    natural, pasted, size = rng.random(4000), rng.random(4000), rng.uniform(0, 30, 4000)
    inputs = gate_inputs(natural, pasted, size)
    probability = confidence(inputs, np.array([1.0, -6.0, -1.0, 1.0, 0.0]))
    return inputs, rng.random(4000) < probability


def test_confidence_is_the_frequency_with_which_a_change_helps(predictions):
    inputs, better = predictions
    predicted = confidence(inputs, fit_gate(inputs, better, np.ones(len(better))))
    for low in (0.0, 0.25, 0.5, 0.75):
        part = (predicted >= low) & (predicted < low + 0.25)
        assert abs(predicted[part].mean() - better[part].mean()) < 0.06


def test_the_weights_minimize_the_penalized_loss(predictions):
    """At the minimum, the gradient of the weighted log loss and the penalty is zero."""
    inputs, better = predictions
    sample_weight = np.linspace(0.5, 3, len(better))
    weights = fit_gate(inputs, better, sample_weight)
    residual = sample_weight * (confidence(inputs, weights) - better)
    np.testing.assert_allclose(inputs.T @ residual + GATE.penalty * weights, 0, atol=1e-5)


def test_one_outcome_alone_gives_a_gate_that_predicts_it():
    inputs = gate_inputs(np.linspace(0, 1, 9), np.zeros(9), np.ones(9))
    for better in (True, False):
        weights = fit_gate(inputs, np.full(9, better), np.ones(9))
        assert np.isfinite(weights).all()
        assert (np.abs(confidence(inputs, weights) - better) < 0.01).all()


def test_separable_examples_give_finite_weights():
    inputs = gate_inputs(np.array([0.0, 1.0]), np.zeros(2), np.ones(2))
    assert np.isfinite(fit_gate(inputs, np.array([True, False]), np.ones(2))).all()


@given(st.floats(0, 1))
def test_a_higher_confidence_applies_a_larger_share(certainty):
    share = share_to_apply(certainty)
    assert 0 <= share <= share_to_apply(min(1, certainty + 0.1)) <= 1
    assert (share == 0) == (certainty <= GATE.none_up_to)
    assert (share == 1) == (certainty >= GATE.whole_from)
