"""Every loss against a plain numpy reference, in double precision, on features of any shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.style.losses import (
    content_loss,
    gram,
    region_weights,
    style_loss,
    total_variation,
)

sizes = st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(1, 5))
seeds = st.integers(0, 1000)


def random_layer(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 5, shape)


def random_weights(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    weights = np.random.default_rng(seed).random(shape)
    return weights / weights.mean()


@given(seeds, sizes)
def test_gram_is_the_mean_product_of_channels(seed, size):
    features = random_layer(seed, size)
    flat = features.reshape(-1, size[2])

    result = gram(features, np.ones(size[:2]))

    np.testing.assert_allclose(result, flat.T @ flat / len(flat), atol=1e-9)


@given(seeds, sizes)
def test_masked_gram_sees_the_region_only_and_divides_by_its_area(seed, size):
    features = random_layer(seed, size)
    mask = np.random.default_rng(seed + 1).random(size[:2]) > 0.5
    mask[0, 0] = True
    inside = features[mask]

    result = gram(features, mask / mask.mean())

    np.testing.assert_allclose(result, inside.T @ inside / mask.sum(), atol=1e-9)


@given(seeds, sizes)
def test_style_loss_is_the_keras_examples(seed, size):
    style, result = random_layer(seed, size), random_layer(seed + 1, size)
    positions = size[0] * size[1]
    channels_first = [np.moveaxis(x, 2, 0).reshape(size[2], -1) for x in (style, result)]
    sums = [x @ x.T for x in channels_first]
    expected = np.sum((sums[0] - sums[1]) ** 2) / (4 * 3**2 * (400 * 400) ** 2)

    ones = np.ones(size[:2])
    loss = style_loss(gram(style, ones), gram(result, ones), float(positions))

    np.testing.assert_allclose(loss, expected, rtol=1e-9)


@given(seeds, sizes)
def test_content_loss_is_a_weighted_squared_distance(seed, size):
    content, result = random_layer(seed, size), random_layer(seed + 1, size)
    weights = random_weights(seed, size[:2])
    expected = sum(
        weights[y, x] * np.sum((result[y, x] - content[y, x]) ** 2)
        for y in range(size[0])
        for x in range(size[1])
    )

    np.testing.assert_allclose(content_loss(content, result, weights), expected, rtol=1e-9)


@given(seeds, sizes)
def test_total_variation_raises_squared_steps_to_1_25(seed, size):
    picture = random_layer(seed, size)
    weights = random_weights(seed, size[:2])
    expected = 0.0
    for y in range(size[0] - 1):
        for x in range(size[1] - 1):
            down = (picture[y, x] - picture[y + 1, x]) ** 2
            right = (picture[y, x] - picture[y, x + 1]) ** 2
            expected += weights[y, x] * np.sum((down + right) ** 1.25)

    np.testing.assert_allclose(total_variation(picture, weights), expected, rtol=1e-9)


def test_a_flat_picture_has_no_variation_and_a_finite_gradient():
    import tensorflow as tf

    picture = tf.fill((6, 5, 3), 128.0)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        loss = total_variation(picture, tf.ones((6, 5)))

    assert loss == 0
    np.testing.assert_array_equal(tape.gradient(loss, picture), 0)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), seeds)
def test_region_weights_average_one_in_every_layer(rows, columns, width, height, seed):
    mask = np.zeros((rows, columns), np.float32)
    mask[seed % rows, seed % columns] = 1

    weights = region_weights(mask, min(width, columns), min(height, rows))

    assert weights.shape == (min(height, rows), min(width, columns))
    assert weights.min() >= 0
    assert weights.mean() == pytest.approx(1, rel=1e-4)


def test_a_mask_is_carried_to_a_layer_by_area():
    mask = np.zeros((8, 8), np.float32)
    mask[:2, :3] = 1

    weights = region_weights(mask, 4, 4)

    share = np.zeros((4, 4))
    share[0, :2] = 1, 0.5
    np.testing.assert_allclose(weights, share / share.mean())
