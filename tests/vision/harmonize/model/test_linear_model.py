import numpy as np

from nst_pipeline.vision.harmonize.model.linear_model import (
    FEATURE_LIMIT,
    RidgeParameters,
    fit_linear_model,
)


def examples(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features on different scales, and two targets that depend on them linearly."""
    features = np.random.default_rng(0).normal([10, -3, 0], [5, 1, 0.2], (count, 3))
    return features, features @ np.array([[1.0, 0.0], [0.0, 2.0], [3.0, -1.0]])


def test_the_fit_agrees_with_the_closed_form():
    features, targets = examples(60)
    sample_weight = np.linspace(0.5, 3, 60)
    scaled = (features - features.mean(0)) / (features.std(0) + 1e-6)
    rows = np.column_stack([np.ones(60), np.clip(scaled, -FEATURE_LIMIT, FEATURE_LIMIT)])
    gram = rows.T @ (rows * sample_weight[:, None]) + RidgeParameters().penalty * np.eye(4)
    expected = rows @ np.linalg.solve(gram, rows.T @ (targets * sample_weight[:, None]))
    model = fit_linear_model(features, targets, sample_weight, np.ones(3, bool))
    np.testing.assert_allclose(model.predict(features), expected, atol=1e-9)


def test_a_small_penalty_recovers_the_relation():
    features, targets = examples(200)
    parameters = RidgeParameters(penalty=1e-6)
    everything = np.ones(3, bool)
    model = fit_linear_model(features, targets, np.ones(200), everything, parameters=parameters)
    np.testing.assert_allclose(model.predict(features), targets, atol=1e-3)


def test_unused_features_have_no_weight():
    features, targets = examples(50)
    model = fit_linear_model(features, targets, np.ones(50), np.array([True, False, True]))
    np.testing.assert_array_equal(model.weights[2], 0)


def test_features_beyond_the_limit_count_as_the_limit():
    features, targets = examples(50)
    model = fit_linear_model(features, targets, np.ones(50), np.ones(3, bool))
    far, farther = (model.center + factor * model.scale for factor in (5, 500))
    np.testing.assert_array_equal(model.predict(far), model.predict(farther))
