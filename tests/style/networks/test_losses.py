"""Every loss against a plain numpy reference, in double precision, on features of any shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def losses():
    """Imported late: TensorFlow takes seconds, which collecting the tests should not."""
    from nst_pipeline.style.networks import losses

    return losses


sizes = st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(1, 5))
seeds = st.integers(0, 1000)


def random_layer(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 5, shape)


def random_weights(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    weights = np.random.default_rng(seed).random(shape)
    return weights / weights.mean()


@given(seeds, sizes)
def test_gram_is_the_mean_product_of_channels(losses, seed, size):
    features = random_layer(seed, size)
    flat = features.reshape(-1, size[2])

    result = losses.gram(features, np.ones(size[:2]))

    np.testing.assert_allclose(result, flat.T @ flat / len(flat), atol=1e-9)


@given(seeds, sizes)
def test_a_masked_gram_matrix_is_the_mean_over_the_region_alone(losses, seed, size):
    features = random_layer(seed, size)
    mask = np.random.default_rng(seed + 1).random(size[:2]) > 0.5
    mask[0, 0] = True
    inside = features[mask]

    result = losses.gram(features, mask / mask.mean())

    np.testing.assert_allclose(result, inside.T @ inside / mask.sum(), atol=1e-9)


@given(seeds, sizes)
def test_gram_matrices_are_compared_by_their_squared_distance(losses, seed, size):
    style, result = random_layer(seed, size), random_layer(seed + 1, size)
    ones = np.ones(size[:2])
    flat = [x.reshape(-1, size[2]) for x in (style, result)]
    means = [x.T @ x / len(x) for x in flat]

    distance = losses.squared_distance(losses.gram(style, ones), losses.gram(result, ones))

    np.testing.assert_allclose(distance, np.sum((means[0] - means[1]) ** 2), rtol=1e-9)


@given(seeds, sizes)
def test_content_loss_is_a_weighted_squared_distance(losses, seed, size):
    content, result = random_layer(seed, size), random_layer(seed + 1, size)
    weights = random_weights(seed, size[:2])
    expected = sum(
        weights[y, x] * np.sum((result[y, x] - content[y, x]) ** 2)
        for y in range(size[0])
        for x in range(size[1])
    )

    np.testing.assert_allclose(losses.content_loss(content, result, weights), expected, rtol=1e-9)


@given(seeds, sizes)
def test_total_variation_raises_squared_steps_to_1_25(losses, seed, size):
    picture = random_layer(seed, size)
    weights = random_weights(seed, size[:2])
    expected = 0.0
    for y in range(size[0] - 1):
        for x in range(size[1] - 1):
            down = (picture[y, x] - picture[y + 1, x]) ** 2
            right = (picture[y, x] - picture[y, x + 1]) ** 2
            expected += weights[y, x] * np.sum((down + right) ** 1.25)

    np.testing.assert_allclose(losses.total_variation(picture, weights), expected, rtol=1e-9)


def test_a_flat_picture_has_no_variation_and_a_finite_gradient(losses):
    import tensorflow as tf

    picture = tf.fill((6, 5, 3), 128.0)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        loss = losses.total_variation(picture, tf.ones((6, 5)))

    assert loss == 0
    np.testing.assert_array_equal(tape.gradient(loss, picture), 0)


@given(seeds, sizes)
def test_moments_are_a_regions_squared_means_and_variances(losses, seed, size):
    features = random_layer(seed, size)
    mask = np.random.default_rng(seed + 1).random(size[:2]) > 0.5
    mask[0, 0] = True
    inside = features[mask]

    mean, variance = losses.moments(features, mask / mask.mean())

    np.testing.assert_allclose(mean, inside.mean(0) ** 2, atol=1e-9)
    np.testing.assert_allclose(variance, inside.var(0), atol=1e-9)


def test_moments_distinguish_features_with_equal_gram_matrices(losses):
    """Risser's example: same mean square, but one is flat and the other full of contrast."""
    flat, contrast = np.full((2, 2, 1), np.sqrt(2)), np.array([[0, 2], [2, 0]], float)[..., None]
    ones = np.ones((2, 2))

    by_gram, by_moments = (
        float(losses.squared_distance(measure(flat, ones), measure(contrast, ones)))
        for measure in (losses.gram, losses.moments)
    )
    assert by_gram == pytest.approx(0, abs=1e-15)
    assert by_moments > 1


@given(seeds, st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(1, 3)))
def test_laplacian_loss_compares_edges(losses, seed, size):
    from scipy.ndimage import laplace

    content, result = random_layer(seed, size), random_layer(seed + 1, size)
    weights = random_weights(seed, size[:2])
    away = np.stack([laplace(x) for x in np.moveaxis(result - content, 2, 0)], axis=-1)
    expected = np.sum(weights[1:-1, 1:-1, None] * away[1:-1, 1:-1] ** 2)

    np.testing.assert_allclose(losses.laplacian_loss(content, result, weights), expected, rtol=1e-9)
    np.testing.assert_allclose(losses.laplacian_loss(content, content + 9, weights), 0, atol=1e-9)


def test_the_gradient_of_a_gram_matrix_equals_finite_differences(losses):
    """The gradient is written by hand, for speed."""
    import tensorflow as tf

    features = tf.constant(random_layer(0, (4, 3, 2)))
    weights, up = random_weights(1, (4, 3)), random_layer(2, (2, 2))
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = tf.reduce_sum(losses.gram(features, weights) * up)
    direction = random_layer(3, (4, 3, 2))

    ahead, behind = (
        np.sum(losses.gram(features + e * direction, weights) * up) for e in (1e-5, -1e-5)
    )

    slope = np.sum(tape.gradient(value, features) * direction)
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)
