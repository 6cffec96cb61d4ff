import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask
from skimage import data

from nst_pipeline.publish.outlines import OutlineParameters, one_outline, outlines


def drawn(polygons: list, mask: np.ndarray) -> np.ndarray:
    """Draw polygons with COCO's own tools."""
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygons, *mask.shape))) > 0


@pytest.fixture(params=["many parts", "parts with holes", "touching every edge"])
def mask(request) -> np.ndarray:
    """Masks as ragged as those of photos."""
    if request.param == "touching every edge":
        return data.chelsea()[..., 1] > 60
    gray = cv2.GaussianBlur(data.coffee()[::2, ::2, 0], (0, 0), 2)
    return gray > 120 if request.param == "many parts" else np.abs(gray - 120.0) > 30


def test_coco_tools_draw_the_same_pixels(mask):
    np.testing.assert_array_equal(drawn(outlines(mask), mask), mask)


def test_one_polygon_covers_all_parts_and_holes(mask):
    np.testing.assert_array_equal(drawn([one_outline(outlines(mask))], mask), mask)


def test_straight_edges_have_no_extra_corners():
    mask = np.zeros((60, 80), bool)
    mask[10:50, 20:70] = True
    (polygon,) = outlines(mask)
    assert len(polygon) <= 16
    np.testing.assert_array_equal(drawn([polygon], mask), mask)


def test_a_single_pixel_is_a_polygon_and_an_empty_mask_has_none():
    mask = np.zeros((5, 7), bool)
    assert outlines(mask) == []
    mask[2, 3] = True
    assert drawn(outlines(mask), mask).sum() == 1


def test_a_larger_tolerance_gives_fewer_corners(mask):
    coarse = outlines(mask, parameters=OutlineParameters(tolerance_px=2.0))
    assert sum(map(len, coarse)) < sum(map(len, outlines(mask)))
