import numpy as np

from nst_pipeline.vision.detect.transparency import find_cut_out
from nst_pipeline.vision.shapes import Box


def test_all_that_is_visible_is_one_object():
    alpha = np.zeros((60, 80), np.float32)
    alpha[10:20, 5:15] = 0.02
    alpha[30:50, 40:70] = 1
    (found,) = find_cut_out(alpha)
    assert found.box == Box(5, 10, 65, 40)
    assert (found.source, found.score, found.mask) == ("alpha", 1.0, None)


def test_an_opaque_photo_and_an_invisible_one_have_no_cut_out():
    assert find_cut_out(None) == []
    assert find_cut_out(np.zeros((60, 80), np.float32)) == []
