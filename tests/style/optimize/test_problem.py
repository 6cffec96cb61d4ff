import numpy as np

from nst_pipeline.style.optimize.problem import (
    TransferParameters,
    TransferProblem,
    crop_problem,
    mask_or_full,
)

START = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
STYLE = np.random.default_rng(1).integers(0, 256, (600, 800, 3), np.uint8)


def square(height: int, width: int, first: int, last: int) -> np.ndarray:
    mask = np.zeros((height, width), np.float32)
    mask[first:last, first:last] = 1
    return mask


def test_a_whole_picture_is_reduced_to_the_side_and_its_style_alike():
    whole, style_mask = np.ones((300, 400), np.float32), np.ones((600, 800), np.float32)

    crop, problem = crop_problem(START, whole, STYLE, style_mask, side=160)

    assert START[crop].shape == START.shape
    assert problem.content.shape == (128, 160, 3)
    assert problem.style.shape == (128, 160, 3)
    assert problem.content.dtype == problem.mask.dtype == np.float32


def test_a_region_is_cropped_with_a_margin_and_its_style_reduced_by_the_same_factor():
    mask, style_mask = square(300, 400, 100, 260), np.ones((600, 800), np.float32)

    crop, problem = crop_problem(START, mask, STYLE, style_mask, side=96)

    assert mask[crop].shape == (192, 192)  # 160 and 10 % on each side
    assert problem.content.shape == (96, 96, 3)
    # Half of 800 would be 400, but the style has twice the side at most.
    assert problem.style.shape == (144, 192, 3)


def test_the_limit_of_the_styles_size_is_a_parameter():
    mask, style_mask = square(300, 400, 100, 260), np.ones((600, 800), np.float32)
    parameters = TransferParameters(max_style_ratio=4)

    _, problem = crop_problem(START, mask, STYLE, style_mask, side=96, parameters=parameters)

    assert problem.style.shape == (288, 384, 3)


def test_resized_masks_stay_between_0_and_1():
    problem = TransferProblem(START, square(300, 400, 3, 5), STYLE, square(600, 800, 9, 300))

    larger = problem.resized((640, 480), (1600, 1200))

    for mask in larger.mask, larger.style_mask:
        assert mask.min() >= 0
        assert mask.max() <= 1
    assert larger.content.shape == (480, 640, 3)


def test_an_empty_mask_counts_as_the_whole_picture():
    empty, some = np.zeros((300, 400), np.float32), square(300, 400, 0, 9)

    np.testing.assert_array_equal(mask_or_full(empty, START), 1)
    np.testing.assert_array_equal(mask_or_full(None, START), 1)
    assert mask_or_full(some, START) is some
