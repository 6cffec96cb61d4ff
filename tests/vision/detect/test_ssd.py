"""Anchors, decoding, and suppression of a single-shot detector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.detect.ssd import anchors, ssd_rows, suppress


def test_anchors_cover_the_picture_from_fine_to_coarse():
    found = anchors()
    assert found.shape == (1917, 4)
    np.testing.assert_allclose(found[0], [0.5 / 19, 0.5 / 19, 0.1, 0.1])
    np.testing.assert_allclose(found[1], [0.5 / 19, 0.5 / 19, 0.2 / 2**0.5, 0.2 * 2**0.5])
    np.testing.assert_allclose(found[-1], [0.5, 0.5, 0.95**0.5, 0.95**0.5])


def test_a_place_that_predicts_no_change_gives_its_anchor():
    encodings, logits = np.zeros((1917, 4), np.float32), np.full((1917, 2), -9, np.float32)
    logits[1000, 1] = 2
    [row] = ssd_rows(encodings, logits)
    y, x, height, width = anchors()[1000]
    expected = np.clip([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 0, 1)
    np.testing.assert_allclose(row[:4], expected)
    assert row[4:].tolist() == pytest.approx([1 / (1 + np.exp(-2)), 0])


def test_nothing_likely_is_no_row():
    rows = ssd_rows(np.zeros((1917, 4), np.float32), np.full((1917, 2), -9, np.float32))
    assert rows.shape == (0, 6)


@given(
    st.lists(
        st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 9)] * 2, st.integers(0, 99)),
        max_size=12,
    )
)
def test_what_is_dropped_overlaps_something_better(rows):
    values = np.array(rows, float).reshape(-1, 5)
    boxes = np.concatenate([values[:, :2], values[:, :2] + values[:, 2:4]], axis=1)
    scores = values[:, 4]
    kept = suppress(boxes, scores, 0.5).tolist()

    def overlap(a, b):
        width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        shared = max(width, 0) * max(height, 0)
        return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)

    assert all(overlap(boxes[i], boxes[j]) <= 0.5 for i in kept for j in kept if i < j)
    for dropped in set(range(len(boxes))) - set(kept):
        assert any(
            overlap(boxes[dropped], boxes[i]) > 0.5 and scores[i] >= scores[dropped] for i in kept
        )
