import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nst_pipeline.vision.images.dtype import premultiply, round_to_uint8, to_float, to_uint8

shapes = hnp.array_shapes(min_dims=1, max_dims=3, max_side=8)
levels = hnp.arrays(np.uint8, shapes)
float_type = st.sampled_from([np.float32, np.float64])


def floats(low: float, high: float):
    return float_type.flatmap(
        lambda dtype: hnp.arrays(
            dtype, shapes, elements=st.floats(low, high, width=np.dtype(dtype).itemsize * 8)
        )
    )


@given(levels)
def test_converting_to_float_and_back_keeps_every_level(image):
    scaled = to_float(image)

    assert scaled.dtype == np.float32
    assert ((scaled >= 0) & (scaled <= 1)).all()
    assert np.array_equal(to_uint8(scaled), image)


@given(floats(0, 1))
def test_conversion_to_8_bits_is_off_by_half_a_level_at_most(image):
    result = to_uint8(image)

    assert result.dtype == np.uint8
    assert result.shape == image.shape
    assert np.abs(image.astype(np.float64) * 255 - result).max() <= 0.5 + 1e-4


@given(floats(-1000, 1000))
def test_levels_out_of_range_are_clipped_and_never_wrap_around(image):
    result = round_to_uint8(image)

    assert result.dtype == np.uint8
    assert (result[image <= 0] == 0).all()
    assert (result[image >= 255] == 255).all()
    inside = (image >= 0) & (image <= 255)
    assert (np.abs(result[inside] - image[inside]) <= 0.5).all()


@given(floats(-2, 3))
def test_values_outside_0_to_1_become_black_or_white(image):
    result = to_uint8(image)

    assert (result[image <= 0] == 0).all()
    assert (result[image >= 1] == 255).all()


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(4))))
def test_premultiplied_colors_are_bounded_by_alpha_which_stays(image):
    before = image.copy()

    result = premultiply(image)

    assert np.array_equal(image, before)
    assert np.array_equal(result[..., 3], image[..., 3])
    assert (result[..., :3] <= result[..., 3:] + 1e-4).all()
    opaque = image[..., 3] == 255
    assert np.array_equal(result[opaque], image[opaque])
