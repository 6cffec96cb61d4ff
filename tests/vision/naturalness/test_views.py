import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from nst_pipeline.vision.naturalness.views import SIDE_PX, naturalness_views

PHOTO = data.rocket()
HEIGHT, WIDTH = PHOTO.shape[:2]


@given(st.integers(0, WIDTH - 2), st.integers(0, HEIGHT - 2), st.integers(1, 400))
def test_both_views_show_the_object_wherever_it_is(x, y, side):
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[y : y + side, x : x + side] = 1
    pictures, mattes = naturalness_views(PHOTO, matte)
    assert pictures.shape == (2, SIDE_PX, SIDE_PX, 3) and pictures.dtype == np.uint8
    assert mattes.shape == (2, SIDE_PX, SIDE_PX)
    assert mattes.max() <= 1.001 and mattes[1].mean() >= mattes[0].mean() - 1e-4
    assert mattes[1].max() > 0.1
