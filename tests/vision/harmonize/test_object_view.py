import cv2
import numpy as np

from nst_pipeline.vision.harmonize.color_change import ColorChange, lab_statistics
from nst_pipeline.vision.harmonize.object_view import VIEW_PARAMETERS, object_colors, object_view
from nst_pipeline.vision.images.color import to_lab


def test_a_view_reduces_large_pictures_and_keeps_small_ones(flower):
    photo, matte = flower
    view = object_view(photo, matte)
    assert view.lab.shape[:2] <= photo.shape[:2]
    large = cv2.resize(photo, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    soft = cv2.resize(matte, None, fx=6, fy=6, interpolation=cv2.INTER_LINEAR)
    assert max(object_view(large, soft).lab.shape) == VIEW_PARAMETERS.side_px


def test_statistics_hardly_depend_on_the_size(flower):
    photo, matte = flower
    large = cv2.resize(photo, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    soft = cv2.resize(matte, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR)
    small_mean = object_colors(object_view(photo, matte)).own.mean
    np.testing.assert_allclose(object_colors(object_view(large, soft)).own.mean, small_mean, atol=1)


def test_regions_do_not_overlap(flower):
    view = object_view(*flower)
    assert not (view.inside & view.ring).any() and not (view.inside & view.outside).any()
    assert (view.rim & ~view.inside).sum() == 0 and (view.ring & ~view.outside).sum() == 0


def test_object_statistics_are_those_of_the_photo(flower):
    photo, matte = flower
    np.testing.assert_allclose(
        object_colors(object_view(photo, matte)).own.mean,
        lab_statistics(to_lab(photo), matte >= 0.5).mean,
        atol=0.5,
    )


def test_without_an_object_or_surroundings_there_is_no_view():
    photo = np.zeros((40, 40, 3), np.uint8)
    dot = np.zeros((40, 40), np.float32)
    assert object_view(photo, dot) is None
    dot[20, 20] = 1
    assert object_view(photo, dot) is None
    assert object_view(photo, np.ones((40, 40), np.float32)) is None


def test_a_recolored_view_is_the_view_after_the_change(flower):
    view = object_view(*flower)
    change = ColorChange(object_colors(view).own.mean, np.full(3, 0.8), np.array([5.0, -3.0, 2.0]))
    moved = object_colors(view.recolored(change)).own.mean - object_colors(view).own.mean
    np.testing.assert_allclose(moved, change.shift, atol=1e-3)
