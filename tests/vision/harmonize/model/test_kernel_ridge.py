import numpy as np

from nst_pipeline.vision.harmonize.model.kernel_ridge import (
    GAUSSIAN_FACTOR,
    LINEAR_SHARE,
    KernelRidgeParameters,
    fit_kernel_ridge,
)


def curve(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    features = np.random.default_rng(seed).uniform(-2, 2, (count, 2))
    return features, np.stack([np.sin(features[:, 0]), features[:, 1] ** 2], axis=1)


def test_the_model_learns_a_curve():
    features, targets = curve(600)
    model = fit_kernel_ridge(features, targets, np.ones(600), np.ones(2))
    unseen, truth = curve(100, seed=1)
    error = np.abs(model.predict(unseen) - truth).mean()
    assert error < 0.15 * np.abs(truth - targets.mean(0)).mean() + 0.1


def test_the_fit_agrees_with_the_closed_form():
    features, targets = curve(80)
    sample_weight = np.linspace(0.5, 3, 80)
    rows = (features - features.mean(0)) / (features.std(0) + 1e-6)
    rows *= np.array([2.0, 1.0]) / 2.5**0.5
    difference = rows[:, None] - rows[None]
    gram = np.exp(-GAUSSIAN_FACTOR * (difference**2).mean(-1)) + LINEAR_SHARE * rows @ rows.T / 2
    penalty = np.diag(KernelRidgeParameters().penalty / sample_weight)
    expected = gram @ np.linalg.solve(gram + penalty, targets)
    model = fit_kernel_ridge(features, targets, sample_weight, np.array([2.0, 1.0]))
    np.testing.assert_allclose(model.predict(features), expected, atol=1e-6)


def test_rows_with_more_weight_are_fitted_more_closely():
    features, targets = np.zeros((2, 1)), np.array([[0.0], [1.0]])
    model = fit_kernel_ridge(features, targets, np.array([1.0, 20.0]), np.ones(1))
    assert model.predict(np.zeros((1, 1)))[0, 0] > 0.8


def test_equal_data_give_equal_bytes():
    features, targets = curve(200)
    first, second = (
        fit_kernel_ridge(features, targets, np.ones(200), np.ones(2)) for _ in range(2)
    )
    assert first.weights.tobytes() == second.weights.tobytes()
