import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from nst_pipeline.vision.compose.composite import compose, layer_mattes
from nst_pipeline.vision.compose.visibility import count_background_changes, visible_fraction
from nst_pipeline.vision.shapes import Box, Placement

STICKER = np.full((20, 20, 4), 255, np.uint8)


def test_a_half_covered_sticker_is_half_visible():
    scene = np.zeros((60, 60, 3), np.uint8)
    layers = [
        (Placement("below", Box(10, 10, 20, 20)), STICKER),
        (Placement("above", Box(20, 10, 20, 20)), STICKER),
    ]

    composite = compose(scene, layers)

    shares = [
        visible_fraction(layer, matte)
        for layer, matte in zip(composite.layers, layer_mattes(composite), strict=True)
    ]
    assert shares == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize(("alpha", "visible"), [(100, 1), (10, 0)])
def test_glass_is_visible_and_faint_haze_is_not(alpha, visible):
    faint = STICKER.copy()
    faint[..., 3] = alpha
    composite = compose(
        np.zeros((40, 40, 3), np.uint8), [(Placement("a", Box(5, 5, 20, 20)), faint)]
    )

    assert visible_fraction(composite.layers[0], layer_mattes(composite)[0]) == visible


masks = hnp.arrays(np.uint8, (6, 6))


@given(hnp.arrays(np.uint8, (6, 6, 3)), hnp.arrays(np.uint8, (6, 6, 3)), masks, masks)
def test_only_uncovered_pixels_that_differ_are_counted(scene, result, mask, shadow):
    count = count_background_changes(scene, result, mask, shadow)

    covered = (mask > 0) | (shadow > 0)
    restored = np.where(covered[..., None], scene, result)
    assert count == len({tuple(at) for at in np.argwhere(restored != scene)[:, :2].tolist()})
