import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.cutout.features import compute_features
from nst_pipeline.vision.cutout.neighborhood import extract_neighborhood
from nst_pipeline.vision.cutout.pixel_classifier import (
    KNOTS,
    MAX_DEVIATION,
    PixelClassifier,
    load_pixel_classifier,
    piecewise_linear_basis,
)


@pytest.fixture
def classifier():
    return PixelClassifier(
        np.array(["a", "b"]),
        np.float32([1, 0]),
        np.float32([2, 1]),
        np.float32([[1, 0, 0, 0], [0, 0, 2, 0]]),
        np.float32(-0.5),
    )


@pytest.mark.slow
def test_the_shipped_classifier_weighs_every_feature(disc):
    features = compute_features(extract_neighborhood(disc.photo, disc.box))

    classifier = load_pixel_classifier()

    assert list(classifier.feature_names) == list(features)
    probability = classifier.predict_probability(features)
    assert probability[96, 96] > 0.9
    assert probability[2, 2] < 0.1


def test_each_feature_adds_its_own_piecewise_linear_term(classifier):
    features = {"a": np.float32([3, 1, 1]), "b": np.float32([-1, -1, 0.5])}

    probability = classifier.predict_probability(features)

    log_odds = np.array([-0.5 + 1, -0.5, -0.5 + 2 * 0.5])
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-log_odds)), rtol=1e-6)


def test_extreme_values_count_as_the_largest_deviation(classifier):
    extreme, limit = (
        classifier.predict_probability({"a": np.float32([1 + 2 * std]), "b": np.float32([0])})
        for std in (1e6, MAX_DEVIATION)
    )

    assert extreme == limit


@given(st.floats(-2.875, 2.875, width=32))
def test_the_basis_spans_lines_that_bend_at_the_knots(value):
    basis = piecewise_linear_basis(np.float32([value]), np.float32(0), np.float32(1))

    expected = [value, *(max(value - knot, 0) for knot in KNOTS)]
    assert basis.shape == (1, 1 + len(KNOTS))
    np.testing.assert_allclose(basis[0], expected, atol=1e-6)


def test_a_saved_classifier_predicts_the_same(classifier, tmp_path):
    path = tmp_path / "classifier.npz"
    classifier.save(path)

    with np.load(path, allow_pickle=False) as stored:
        read = PixelClassifier(**stored)

    features = {"a": np.float32([3, 1, 1]), "b": np.float32([-1, -1, 0.5])}
    expected = classifier.predict_probability(features)
    assert read.predict_probability(features).tobytes() == expected.tobytes()
