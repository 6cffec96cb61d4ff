from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.style.optimize import layer_masks as module
from nst_pipeline.style.optimize.layer_masks import region_weights

layer_masks = partial(module.layer_masks, block_sizes=(2, 2, 4, 4, 4))
"""Those of VGG19."""

LAYERS = ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"]


def filled(height: int, width: int, rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((height, width), np.float32)
    mask[rows, columns] = 1
    return mask


def test_a_position_counts_if_its_receptive_field_is_inside_the_region():
    mask = filled(96, 96, slice(16, 80), slice(16, 80))

    first, second, third, *_ = layer_masks(mask, LAYERS)

    # block1_conv1 sees 3 x 3 pixels; block2_conv1 sees 10, two apart: six in from the edge.
    np.testing.assert_array_equal(first, filled(96, 96, slice(17, 79), slice(17, 79)))
    np.testing.assert_array_equal(second, filled(48, 48, slice(10, 38), slice(10, 38)))
    assert third.shape == (24, 24)
    assert set(np.unique(third)) == {0, 1}


def test_pixels_outside_the_region_do_not_count(vgg):
    """Changing pixels outside changes no position that counts in the layers above."""
    random = np.random.default_rng(0)
    mask = filled(128, 128, slice(8, 120), slice(8, 120))
    inside = random.uniform(0, 255, (128, 128, 3)).astype(np.float32)
    outside = random.uniform(0, 255, (128, 128, 3)).astype(np.float32)
    layers = LAYERS[:3]  # deeper ones see past this region from nearly everywhere
    network = vgg.network(layers)

    both = network(np.stack([inside, np.where(mask[..., None] > 0, inside, outside)]))

    for features, layer_mask in zip(both, layer_masks(mask, layers), strict=True):
        one, other = features.numpy()
        np.testing.assert_allclose(one[layer_mask > 0], other[layer_mask > 0], rtol=1e-4, atol=1e-2)
        assert np.abs(one - other)[layer_mask == 0].max() > 1


def test_a_small_region_keeps_a_quarter_of_its_area_in_every_layer():
    mask = filled(128, 128, slice(50, 80), slice(40, 70))

    for layer_mask in layer_masks(mask, LAYERS):
        assert layer_mask.mean() >= mask.mean() / 4


def test_a_whole_picture_counts_everywhere():
    for layer_mask in layer_masks(np.ones((50, 70), np.float32), LAYERS):
        np.testing.assert_array_equal(layer_mask, 1)


def test_a_soft_edge_counts_as_its_smallest_value():
    mask = np.ones((32, 32), np.float32)
    mask[10, 10] = 0.5

    (layer_mask,) = layer_masks(mask, ["block1_conv1"])

    np.testing.assert_array_equal(layer_mask[9:12, 9:12], 0.5)


@given(st.integers(16, 90), st.integers(16, 90), st.integers(0, 1000))
def test_weights_average_to_one_even_for_one_pixel(rows, columns, seed):
    mask = np.zeros((rows, columns), np.float32)
    mask[seed % rows, seed % columns] = 1

    for number, layer_mask in enumerate(layer_masks(mask, LAYERS)):
        weights = region_weights(layer_mask)
        assert weights.shape == (rows >> number, columns >> number)
        assert weights.min() >= 0
        assert weights.mean() == pytest.approx(1, rel=1e-4)
