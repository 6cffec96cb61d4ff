import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.cut_out import CropParameters, CutoutParameters, crop_around
from nst_pipeline.vision.cutout.masks import fill_holes, largest_component
from nst_pipeline.vision.shapes import Box, Detection

pytestmark = pytest.mark.slow

SETTINGS = CutoutSettings()
QUICK = CutoutSettings(matting=False)
NETWORK = load_cutout_network()


def _detection(box, mask=None):
    return Detection(box, "thing", 1.0, "sidecar", mask)


@pytest.fixture(scope="module")
def flower_cutout():
    from sklearn.datasets import load_sample_image

    photo = np.array(load_sample_image("flower.jpg"))
    return photo, cut_out(photo, _detection(Box(170, 85, 275, 275)), SETTINGS, network=NETWORK)


def _filled(mask):
    return fill_holes(largest_component(mask), np.ones(mask.shape, np.float32), 0.5)


def _iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_flower_is_cut_out_of_its_photo(flower_cutout):
    photo, cutout = flower_cutout
    orange = (photo[..., 0] > 150) & (photo[..., 2] < 150)
    orange[:85] = orange[360:] = False
    assert _iou(cutout.matte > 0.5, _filled(orange)) > 0.93
    assert cutout.quality > 0.65
    assert cutout.colors.shape == photo.shape
    assert cutout.matte.dtype == np.float32


def test_the_matte_is_soft_at_the_edge_and_hard_elsewhere(disc):
    photo, alpha, box = disc
    cutout = cut_out(photo, _detection(box), SETTINGS, network=NETWORK)
    assert _iou(cutout.matte > 0.5, alpha > 0.5) > 0.97
    assert np.abs(cutout.matte - alpha).mean() < 0.01
    assert cutout.matte.min() >= 0 and cutout.matte.max() <= 1


def test_a_given_mask_is_trusted(disc):
    photo, alpha, box = disc
    half = (alpha > 0.5) & (np.indices(alpha.shape)[1] < 80)
    cutout = cut_out(photo, _detection(box, half), SETTINGS, network=NETWORK)
    assert _iou(cutout.matte > 0.5, half) > 0.95


def test_a_large_photo_keeps_its_own_detail_inside_the_object(disc):
    photo, _, box = disc
    large = photo.repeat(8, axis=0).repeat(8, axis=1)
    big_box = Box(box.x * 8, box.y * 8, box.width * 8, box.height * 8)
    cutout = cut_out(large, _detection(big_box), CutoutSettings(work_side=128), network=NETWORK)
    assert cutout.matte.shape == large.shape[:2]
    inside = cutout.colors[560:720, 560:720].astype(int) - large[560:720, 560:720]
    assert np.abs(inside).max() <= 3


def test_the_same_input_gives_the_same_bytes(disc):
    photo, _, box = disc
    first, second = (cut_out(photo, _detection(box), SETTINGS, network=NETWORK) for _ in range(2))
    assert first.matte.tobytes() == second.matte.tobytes()
    assert first.colors.tobytes() == second.colors.tobytes()
    assert first.quality == second.quality


@pytest.mark.parametrize(
    "box", [Box(10, 10, 0, 0), Box(10, 10, 2, 50), Box(500, 500, 40, 40), Box(-50, -50, 40, 40)]
)
def test_a_box_that_is_too_small_or_outside_the_photo_gives_an_empty_cutout(disc, box):
    photo, _, _ = disc
    cutout = cut_out(photo, _detection(box), SETTINGS, network=NETWORK)
    assert cutout.quality == 0
    assert not cutout.matte.any()


def test_an_object_below_the_smallest_area_gives_an_empty_cutout(disc):
    photo, _, box = disc
    cutout = cut_out(
        photo,
        _detection(box),
        CutoutSettings(matting=False, min_area_fraction=0.9),
        network=NETWORK,
    )
    assert not cutout.matte.any()


@settings(max_examples=20, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(-20, 50),
    st.integers(-20, 50),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
)
def test_any_photo_and_box_gives_a_cutout(height, width, x, y, box_width, box_height, flat):
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    photo = np.full_like(noise, 90) if flat else noise
    cutout = cut_out(photo, _detection(Box(x, y, box_width, box_height)), SETTINGS, network=NETWORK)
    assert cutout.matte.shape == (height, width)
    assert np.isfinite(cutout.matte).all()
    assert 0 <= cutout.quality <= 1


def test_a_box_around_the_whole_photo_works(disc):
    photo, alpha, _ = disc
    cutout = cut_out(photo, _detection(Box(0, 0, 160, 160)), SETTINGS, network=NETWORK)
    assert (cutout.matte > 0.5)[alpha > 0.5].mean() > 0.9


def test_quality_is_higher_for_easy_photos(flower_cutout):
    from skimage.data import brick, coffee

    cup = cut_out(coffee(), _detection(Box(72, 15, 405, 365)), QUICK, network=NETWORK)
    wall = np.repeat(brick()[..., None], 3, axis=2)
    bricks = cut_out(wall, _detection(Box(150, 150, 200, 200)), QUICK, network=NETWORK)
    gray = cut_out(
        np.full_like(wall, 120), _detection(Box(150, 150, 200, 200)), QUICK, network=NETWORK
    )
    assert flower_cutout[1].quality > bricks.quality
    assert cup.quality > bricks.quality
    assert flower_cutout[1].quality > gray.quality
    assert set(cup.figures) == {"network_iou", "expected_iou", "agreement", "edges", "filled"}


def test_the_quality_of_a_given_mask_is_the_detections_score(disc):
    photo, alpha, box = disc
    detection = Detection(box, "thing", 0.4, "dnn", alpha > 0.5)
    assert cut_out(photo, detection, QUICK, network=NETWORK).quality == pytest.approx(0.4)


def test_an_object_without_a_mask_needs_a_network(disc):
    with pytest.raises(ValueError, match="load_cutout_network"):
        cut_out(disc.photo, _detection(disc.box), QUICK)


def test_a_crop_keeps_some_background_around_the_box(disc):
    crop = crop_around(disc.photo, Box(60, 60, 40, 20), 1000)

    assert crop.source_box == Box(44, 44, 72, 52)
    assert crop.box == Box(16, 16, 40, 20)
    assert np.array_equal(crop.image, disc.photo[crop.source_box.slices])


def test_a_large_crop_is_shrunk_with_its_box(disc):
    parameters = CropParameters(margin_share=0.1)

    crop = crop_around(disc.photo, disc.box, 60, parameters=parameters)

    assert crop.source_box == Box(20, 20, 120, 120)
    assert crop.image.shape == (60, 60, 3)
    assert crop.box == Box(5, 5, 50, 50)


def test_boxes_below_the_given_side_give_an_empty_cutout(disc):
    parameters = CutoutParameters(min_box_side_px=101)

    assert not cut_out(
        disc.photo, _detection(disc.box), QUICK, network=NETWORK, parameters=parameters
    ).matte.any()
