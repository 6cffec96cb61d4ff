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
