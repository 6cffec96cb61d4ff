import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.settings import RecipeSettings
from nst_pipeline.style.recipes import (
    apply_result,
    average_pool,
    crop_surroundings,
    min_max_normalize,
    prepare_model_inputs,
    preprocess_left,
    preprocess_right,
    preprocess_right_style,
    shrink_input,
    square_around,
)
from nst_pipeline.vision.shapes import Box

CUBIC = -0.75  # OpenCV's bicubic coefficient


def area_weights(old: int, new: int) -> np.ndarray:
    """(new, old): the share of each old pixel in each new one."""
    edges = np.arange(new + 1) * old / new
    pixels = np.arange(old)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.maximum(overlap, 0) * new / old


def cubic_weights(old: int, new: int) -> np.ndarray:
    """(new, old): the bicubic kernel at half-pixel centers, edge pixels repeated."""
    weights = np.zeros((new, old))
    for row in range(new):
        center = (row + 0.5) * old / new - 0.5
        for tap in range(int(np.floor(center)) - 1, int(np.floor(center)) + 3):
            x = abs(center - tap)
            near = (CUBIC + 2) * x**3 - (CUBIC + 3) * x**2 + 1
            far = CUBIC * (x**3 - 5 * x**2 + 8 * x - 4)
            weights[row, np.clip(tap, 0, old - 1)] += near if x <= 1 else far
    return weights


def resized_by(weights, picture: np.ndarray, width: int, height: int) -> np.ndarray:
    down, across = weights(picture.shape[0], height), weights(picture.shape[1], width)
    return np.clip(np.einsum("yr,rcd,xc->yxd", down, picture, across, optimize=True), 0, 1)


def normalized(picture: np.ndarray) -> np.ndarray:
    picture = picture.astype(np.float64)
    return (picture - picture.min()) / (picture.max() - picture.min())


def test_normalizing_stretches_all_channels_together():
    picture = np.array([[[10, 60, 110], [20, 30, 40]]], np.uint8)

    result = min_max_normalize(picture)

    assert result.dtype == np.float32
    np.testing.assert_allclose(result, (picture.astype(float) - 10) / 100, atol=1e-6)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_becomes_0(value):
    result = min_max_normalize(np.full((4, 5, 3), value, np.uint8))

    np.testing.assert_array_equal(result, 0)


def test_left_shrinks_a_photo_to_a_longest_side(photos):
    picture = photos["china"]  # 640 x 427

    result = preprocess_left(picture, side=256)

    assert result.shape == (1, 171, 256, 3)
    assert result.dtype == np.float32
    expected = resized_by(area_weights, normalized(picture), 256, 171)
    np.testing.assert_allclose(result[0], expected, atol=1e-5)


def test_left_enlarges_a_small_photo_to_1024(photos):
    picture = photos["chelsea"]  # 451 x 300

    result = preprocess_left(picture)

    assert result.shape == (1, 681, 1024, 3)
    expected = resized_by(cubic_weights, normalized(picture), 1024, 681)
    # OpenCV holds the kernel's phase in float32.
    np.testing.assert_allclose(result[0], expected, atol=2e-4)


@pytest.mark.parametrize("shape", [(1, 900), (900, 1), (1, 1)])
def test_left_keeps_at_least_one_pixel_of_a_thin_picture(shape):
    result = preprocess_left(np.zeros((*shape, 3), np.uint8), side=64)

    assert max(result.shape[1:3]) == 64
    assert min(result.shape) >= 1


def test_right_cuts_the_square_around_the_object(photos):
    picture = photos["astronaut"]
    box = Box(100, 50, 200, 300)

    result = preprocess_right(picture, box)

    assert result.shape == (1, 256, 256, 3)
    square = normalized(picture)[50:350, 50:350]
    np.testing.assert_allclose(result[0], resized_by(area_weights, square, 256, 256), atol=1e-5)


def test_right_enlarges_a_small_object(photos):
    picture = photos["astronaut"]

    result = preprocess_right(picture, Box(200, 80, 60, 60))

    square = normalized(picture)[80:140, 200:260]
    expected = resized_by(cubic_weights, square, 256, 256)
    np.testing.assert_allclose(result[0], expected, atol=2e-4)


def test_right_keeps_the_whole_pictures_normalization():
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[:10], picture[10:] = 100, 200
    picture[0, 0] = 0

    assert preprocess_right(picture, Box(4, 12, 6, 6), side=64).min() == pytest.approx(
        1.0, abs=1e-6
    )
    np.testing.assert_allclose(preprocess_right(picture, Box(4, 2, 6, 6), side=64), 0.5, atol=1e-6)


def test_right_mirrors_where_the_picture_is_smaller_than_the_square():
    picture = np.arange(2 * 6 * 3, dtype=np.uint8).reshape(2, 6, 3)

    result = preprocess_right(picture, Box(0, 0, 6, 2), side=6)[0]

    np.testing.assert_allclose(result[2:4], normalized(picture), atol=1e-6)
    np.testing.assert_allclose(result[1], result[2], atol=1e-6)
    np.testing.assert_allclose(result[0], result[3], atol=1e-6)


def test_a_style_picture_is_average_pooled(photos):
    plain = preprocess_right(photos["flower"], Box(107, 0, 427, 427))[0].astype(float)

    result = preprocess_right_style(photos["flower"], Box(107, 0, 427, 427))

    expected = np.empty_like(plain)
    for y in range(256):
        for x in range(256):
            near = plain[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            expected[y, x] = near.mean((0, 1))
    np.testing.assert_allclose(result[0], expected, atol=1e-5)


@pytest.mark.slow
def test_pooling_equals_tensorflows(photos):
    import tensorflow as tf

    pictures = np.stack([min_max_normalize(photos["chelsea"][y : y + 40, :50]) for y in (0, 99)])

    expected = tf.nn.avg_pool(pictures, ksize=(3, 3), strides=(1, 1), padding="SAME")

    np.testing.assert_allclose(average_pool(pictures), expected, atol=1e-6)


def test_a_style_picture_without_a_box_is_cropped_to_its_middle(photos):
    wide = photos["china"]  # 640 x 427

    np.testing.assert_array_equal(
        preprocess_right_style(wide), preprocess_right_style(wide, Box(106, 0, 427, 427))
    )


boxes = st.builds(
    Box, st.integers(-50, 120), st.integers(-50, 120), st.integers(1, 150), st.integers(1, 150)
)


@given(boxes, st.integers(1, 100), st.integers(1, 100))
def test_the_square_holds_the_object_and_stays_inside_where_it_can(box, width, height):
    visible = box.clipped(width, height)

    square = square_around(box, width, height)

    assert square.width == square.height == max(visible.width, visible.height, 1)
    for first, last, size in (
        (square.x, square.right, width),
        (square.y, square.bottom, height),
    ):
        assert (first >= 0 and last <= size) or ((first < 0 or last > size) and square.width > size)
    if visible.width and visible.height:
        assert square.x <= visible.x and visible.right <= square.right
        assert square.y <= visible.y and visible.bottom <= square.bottom


def test_surroundings_reach_half_the_objects_longer_side():
    scene = np.arange(100 * 100 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 100, 3)

    np.testing.assert_array_equal(
        crop_surroundings(scene, Box(40, 40, 20, 10)), scene[30:60, 30:70]
    )
    np.testing.assert_array_equal(crop_surroundings(scene, Box(0, 90, 20, 30)), scene[75:100, 0:35])


def test_both_recipes_of_a_composite(photos):
    composite, scene = photos["astronaut"], photos["china"]
    box = Box(300, 200, 100, 80)

    inputs = prepare_model_inputs(
        composite, box, scene, RecipeSettings(left_side=128, right_side=64)
    )

    np.testing.assert_array_equal(inputs["left"].content, preprocess_left(composite, side=128))
    np.testing.assert_array_equal(inputs["left"].style, preprocess_left(scene, side=128))
    np.testing.assert_array_equal(
        inputs["right"].content, preprocess_right(composite, box, side=64)
    )
    np.testing.assert_array_equal(inputs["right"].style, preprocess_right_style(scene, side=64))
    assert inputs["left"].window == Box(0, 0, 512, 512)
    assert inputs["right"].window == Box(300, 190, 100, 100)


@given(st.integers(4, 60), st.integers(4, 60), boxes, st.sampled_from(["left", "right"]), st.data())
def test_an_unchanged_result_changes_no_pixel(width, height, box, recipe, data):
    seed = data.draw(st.integers(0, 99))
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    settings = RecipeSettings(left_side=64, right_side=64)
    made_from = prepare_model_inputs(picture, box, picture, settings)[recipe]

    carried = apply_result(made_from.content[0], made_from, picture)

    np.testing.assert_array_equal(carried, picture)


def test_a_change_is_applied_to_the_square_that_was_cropped(photos):
    picture = photos["astronaut"] // 2
    box = Box(300, 200, 100, 80)
    made_from = prepare_model_inputs(picture, box, picture, RecipeSettings())["right"]
    brighter = made_from.content[0] + np.float32(40 / (made_from.high - made_from.low))

    carried = apply_result(brighter, made_from, picture)

    expected = picture.copy()
    expected[190:290, 300:400] += 40
    np.testing.assert_allclose(carried.astype(int), expected, atol=1)


def test_a_change_can_be_applied_at_a_smaller_size(photos):
    picture = photos["astronaut"] // 2
    made_from = prepare_model_inputs(picture, Box(300, 200, 100, 80), picture, RecipeSettings())[
        "right"
    ]
    brighter = made_from.content[0] + np.float32(40 / (made_from.high - made_from.low))

    placed, small = shrink_input(made_from, picture, 256)
    carried = apply_result(brighter, placed, small)

    assert placed.window == Box(150, 95, 50, 50)
    expected = small.copy()
    expected[95:145, 150:200] += 40
    np.testing.assert_allclose(carried.astype(int), expected, atol=1)


def test_a_small_picture_is_not_shrunk(photos):
    picture = photos["astronaut"]
    made_from = prepare_model_inputs(picture, Box(300, 200, 100, 80), picture, RecipeSettings())[
        "right"
    ]
    placed, small = shrink_input(made_from, picture, 512)
    assert placed.window == made_from.window and small is picture
