"""Raw outputs of detector networks as detections."""

import numpy as np
import pytest

from nst_pipeline.vision.detect.network import (
    NetworkParameters,
    detections_from_rows,
    grid_cells,
    grid_rows,
    letterbox,
    onnx_rows,
    query_rows,
)
from nst_pipeline.vision.shapes import Box


def test_a_photo_lies_in_the_corner_of_a_gray_square():
    square, scale = letterbox(np.full((100, 200, 3), 90, np.uint8), 64)
    assert scale == 0.32 and square.shape == (64, 64, 3)
    assert (square[:32] == 90).all() and (square[32:] == 114).all()


def test_the_same_boxes_are_read_from_all_layouts():
    yolo8, yolo5, ssd = np.zeros((1, 6, 20)), np.zeros((1, 20, 7)), np.zeros((1, 1, 5, 7))
    yolo8[0, :, 3] = [32, 16, 16, 8, 0.1, 0.9]
    yolo5[0, 3] = [32, 16, 16, 8, 0.9, 0.0, 1.0]
    ssd[0, 0, 3] = [0, 1, 0.9, 24 / 64, 12 / 64, 40 / 64, 20 / 64]
    for output in (yolo8, yolo5, ssd):
        row = onnx_rows(output, 64)[3]
        np.testing.assert_allclose(row, [0.375, 0.1875, 0.625, 0.3125, 0.9, 1])


def test_yolox_counts_from_the_cells_of_its_grids():
    output = np.zeros((1, grid_cells(64), 7))
    output[0, :, 4:6] = 0.5
    rows = grid_rows(output, 64)
    assert len(rows) == 8 * 8 + 4 * 4 + 2 * 2
    np.testing.assert_allclose(rows[1, :4], [4 / 64, -4 / 64, 12 / 64, 4 / 64])
    np.testing.assert_allclose(rows[64 + 4, :4], [-8 / 64, 8 / 64, 8 / 64, 24 / 64])
    np.testing.assert_allclose(rows[-1, :4], [16 / 64, 16 / 64, 48 / 64, 48 / 64])
    np.testing.assert_allclose(rows[:, 4:], [[0.25, 0]] * len(rows))


def test_queries_are_centers_and_sizes_with_logits():
    logits, boxes = np.array([[[-1.0, 2.0], [0.0, -5.0]]]), np.array([[[0.5, 0.4, 0.2, 0.1]] * 2])
    rows = query_rows(logits, boxes)
    np.testing.assert_allclose(rows[:, :4], [[0.4, 0.35, 0.6, 0.45]] * 2)
    np.testing.assert_allclose(rows[:, 4:], [[1 / (1 + np.exp(-2)), 1], [0.5, 0]])


def test_boxes_are_clipped_to_the_photo():
    rows = np.array([[-0.1, 0.5, 0.5, 1.2, 0.9, 0]])
    [found] = detections_from_rows(rows, 200, 100)
    assert (found.box, found.source) == (Box(0, 50, 100, 50), "dnn")


def test_numbers_without_a_name_are_their_own_label():
    rows = np.array([[0, 0, 1, 1, 0.9, number] for number in (0, 1)])
    assert [each.label for each in detections_from_rows(rows, 9, 9, ["cat"])] == ["cat", "1"]


@pytest.mark.parametrize(("lowest", "count"), [(0.05, 1), (0.01, 2)])
def test_candidates_below_the_lowest_score_are_dropped(lowest, count):
    rows = np.array([[0, 0, 1, 1, score, 0] for score in (0.9, 0.02)])
    parameters = NetworkParameters(min_score=lowest)
    assert len(detections_from_rows(rows, 9, 9, parameters=parameters)) == count
