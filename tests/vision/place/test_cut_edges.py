import numpy as np
import pytest

from nst_pipeline.vision.place.cut_edges import cut_edges


def matte(rows: slice, columns: slice) -> np.ndarray:
    made = np.zeros((200, 300), np.float32)
    made[rows, columns] = 1
    return made


@pytest.mark.parametrize(
    "rows, columns, edges",
    [
        (slice(40, 150), slice(50, 250), []),
        (slice(40, 200), slice(50, 250), ["bottom"]),
        (slice(40, 150), slice(0, 250), ["left"]),
        (slice(40, 150), slice(50, 300), ["right"]),
        (slice(0, 150), slice(50, 250), ["top"]),
        (slice(40, 194), slice(3, 250), ["bottom", "left"]),
        (slice(0, 200), slice(0, 300), ["bottom", "left", "right", "top"]),
    ],
)
def test_edges_that_an_object_reaches_cut_it(rows, columns, edges):
    assert cut_edges(matte(rows, columns)) == edges


def test_a_haze_up_to_the_edge_is_not_an_object():
    whole = matte(slice(40, 150), slice(50, 250))
    whole[:, :50] = 0.2
    assert cut_edges(whole) == []


def test_an_empty_matte_has_no_cuts():
    assert cut_edges(np.zeros((20, 30), np.float32)) == []


@pytest.mark.parametrize(
    "rows, columns, edges",
    [
        (slice(0, 200), slice(0, 300), []),
        (slice(2, 198), slice(2, 298), []),
        (slice(2, 200), slice(2, 298), ["bottom"]),
        (slice(40, 200), slice(50, 250), ["bottom"]),
        (slice(40, 194), slice(3, 250), ["bottom", "left"]),
    ],
    ids=["trimmed", "a sticker", "a sticker of a cut object", "on a canvas", "almost cut"],
)
def test_a_frame_that_was_trimmed_to_a_cut_out_does_not_cut_it(rows, columns, edges):
    alpha = matte(rows, columns)
    assert cut_edges(alpha, alpha) == edges


def test_small_stickers_are_not_cut_either():
    alpha = np.zeros((40, 30), np.float32)
    alpha[2:38, 2:28] = 1
    assert cut_edges(alpha, alpha) == []
