"""Cutting an object out of a photo: outline, soft edge, clean colors, odd boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import CutoutSettings
from nst_pipeline.vision.cutout import cut_out, sticker_pixels
from nst_pipeline.vision.cutout.features import all_clues
from nst_pipeline.vision.cutout.masks import main_part, mask_box, solid, without_weak_holes
from nst_pipeline.vision.cutout.matting import clean_colors, trimap
from nst_pipeline.vision.cutout.neighborhood import view_of
from nst_pipeline.vision.cutout.outline import redrawn_outline
from nst_pipeline.vision.cutout.probability import trained_model
from nst_pipeline.vision.cutout.segment import best_cut
from nst_pipeline.vision.shapes import Box, Cutout, Detection

SETTINGS = CutoutSettings()
QUICK = CutoutSettings(matting=False)


def _detection(box, mask=None):
    return Detection(box, "thing", 1.0, "sidecar", mask)


def _disc(side=160, radius=50):
    """An orange disc with an antialiased edge on textured blue-gray, and its true alpha."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    alpha = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)[..., None]
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 1))
    background, color = np.array([70, 90, 120]) + noise, np.array([230, 130, 30])
    photo = np.clip(np.rint(alpha * color + (1 - alpha) * background), 0, 255).astype(np.uint8)
    return photo, alpha[..., 0], Box(*[side // 2 - radius] * 2, 2 * radius, 2 * radius)


@pytest.fixture(scope="module")
def flower():
    from sklearn.datasets import load_sample_image

    photo = np.array(load_sample_image("flower.jpg"))
    return photo, cut_out(photo, _detection(Box(170, 85, 275, 275)), SETTINGS)


def _iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_flower_is_cut_out_of_its_photo(flower):
    photo, cutout = flower
    orange = (photo[..., 0] > 150) & (photo[..., 2] < 150)
    orange[:85] = orange[360:] = False
    assert _iou(cutout.matte > 0.5, solid(orange)) > 0.93
    assert cutout.quality > 0.65
    assert cutout.colors.shape == photo.shape
    assert cutout.matte.dtype == np.float32


def test_the_matte_is_soft_at_the_edge_and_certain_elsewhere():
    photo, alpha, box = _disc()
    cutout = cut_out(photo, _detection(box), SETTINGS)
    assert _iou(cutout.matte > 0.5, alpha > 0.5) > 0.97
    assert np.abs(cutout.matte - alpha).mean() < 0.01
    assert cutout.matte.min() >= 0 and cutout.matte.max() <= 1


def test_edge_colors_lose_the_old_background():
    photo, alpha, _ = _disc()
    edge = (alpha > 0.2) & (alpha < 0.8)
    truth = np.array([230, 130, 30])
    before = np.abs(photo[edge] - truth).mean()
    after = np.abs(clean_colors(photo, alpha.astype(np.float32))[edge] - truth).mean()
    assert after < before / 3


def test_a_given_mask_is_trusted():
    photo, alpha, box = _disc()
    half = (alpha > 0.5) & (np.indices(alpha.shape)[1] < 80)
    cutout = cut_out(photo, _detection(box, half), SETTINGS)
    assert _iou(cutout.matte > 0.5, half) > 0.95


def test_a_large_photo_keeps_its_own_detail_inside_the_object():
    photo, _, box = _disc()
    large = photo.repeat(8, axis=0).repeat(8, axis=1)
    big_box = Box(box.x * 8, box.y * 8, box.width * 8, box.height * 8)
    cutout = cut_out(large, _detection(big_box), CutoutSettings(work_side=128))
    assert cutout.matte.shape == large.shape[:2]
    inside = cutout.colors[560:720, 560:720].astype(int) - large[560:720, 560:720]
    assert np.abs(inside).max() <= 3


def test_the_same_input_gives_the_same_bytes():
    photo, _, box = _disc()
    first, second = (cut_out(photo, _detection(box), SETTINGS) for _ in range(2))
    assert first.matte.tobytes() == second.matte.tobytes()
    assert first.colors.tobytes() == second.colors.tobytes()
    assert first.quality == second.quality


@pytest.mark.parametrize(
    "box", [Box(10, 10, 0, 0), Box(10, 10, 2, 50), Box(500, 500, 40, 40), Box(-50, -50, 40, 40)]
)
def test_a_box_without_content_gives_an_empty_cutout(box):
    photo, _, _ = _disc()
    cutout = cut_out(photo, _detection(box), SETTINGS)
    assert cutout.quality == 0
    assert not cutout.matte.any()


def test_objects_below_the_smallest_area_become_no_sticker():
    photo, _, box = _disc()
    cutout = cut_out(photo, _detection(box), CutoutSettings(matting=False, min_area_fraction=0.9))
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
def test_no_photo_or_box_is_too_odd(height, width, x, y, box_width, box_height, flat):
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3)).astype(np.uint8)
    photo = np.full_like(noise, 90) if flat else noise
    cutout = cut_out(photo, _detection(Box(x, y, box_width, box_height)), SETTINGS)
    assert cutout.matte.shape == (height, width)
    assert np.isfinite(cutout.matte).all()
    assert 0 <= cutout.quality <= 1


def test_the_whole_photo_as_a_box_works():
    photo, alpha, _ = _disc()
    cutout = cut_out(photo, _detection(Box(0, 0, 160, 160)), SETTINGS)
    assert (cutout.matte > 0.5)[alpha > 0.5].mean() > 0.9


def test_quality_orders_easy_before_hard(flower):
    from skimage.data import brick, coffee

    cup = cut_out(coffee(), _detection(Box(72, 15, 405, 365)), QUICK)
    wall = np.repeat(brick()[..., None], 3, axis=2)
    bricks = cut_out(wall, _detection(Box(150, 150, 200, 200)), QUICK)
    gray = cut_out(np.full_like(wall, 120), _detection(Box(150, 150, 200, 200)), QUICK)
    assert flower[1].quality > bricks.quality
    assert cup.quality > bricks.quality
    assert flower[1].quality > gray.quality
    assert set(cup.figures) == {"expected_iou", "agreement", "filled"}


def test_a_handle_keeps_its_hole():
    side = 240
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    hole = np.hypot(rows, columns - 45) < 20
    cup = (np.hypot(rows, columns) < 90) & ~hole
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 1))
    photo = np.where(cup[..., None], [230, 130, 30], [70, 90, 120]) + noise
    photo = np.clip(photo, 0, 255).astype(np.uint8)
    cutout = cut_out(photo, _detection(Box(30, 30, 180, 180)), SETTINGS)
    assert _iou(cutout.matte > 0.5, cup) > 0.95
    assert cutout.matte[np.hypot(rows, columns - 45) < 12].max() < 0.1


def test_the_best_cut_hedges_where_nothing_is_known():
    clear = np.array([[0.99, 0.98], [0.02, 0.01]], np.float32)
    threshold, expected = best_cut(clear)
    assert (clear >= threshold).tolist() == [[True, True], [False, False]]
    assert expected > 0.95
    threshold, expected = best_cut(np.full((5, 5), 0.4, np.float32))
    assert threshold == pytest.approx(0.4)
    assert expected == pytest.approx(0.4)


def test_the_model_weighs_every_clue_of_a_box():
    photo, _, box = _disc()
    view = view_of(photo, box)
    clues = all_clues(view)
    assert list(trained_model().names) == list(clues)
    shapes = {each.shape for each in clues.values()}
    assert shapes == {(view.box.height, view.box.width)}
    assert all(each.dtype == np.float32 for each in clues.values())
    chance = trained_model().chance(clues)
    assert chance[96, 96] > 0.9
    assert chance[2, 2] < 0.1


def test_a_side_at_the_pictures_edge_is_open():
    photo, _, _ = _disc()
    assert view_of(photo, Box(0, 20, 100, 100)).open_sides == (True, False, False, False)
    across, down = view_of(photo, Box(0, 20, 100, 100)).depths()
    assert across[0, 0] < 0.01 < 0.99 < across[0, -1]
    assert down[0, 0] > 0.99
    assert not any(view_of(photo, Box(0, 0, 160, 160)).open_sides)


def test_a_given_mask_is_trusted_like_its_detection():
    photo, alpha, box = _disc()
    detection = Detection(box, "subject", 0.4, "subject", alpha > 0.5)
    assert cut_out(photo, detection, QUICK).quality == pytest.approx(0.4)


def test_the_trimap_is_certain_away_from_the_outline():
    _, alpha, _ = _disc()
    mask = alpha > 0.5
    marks = trimap(mask)
    assert set(np.unique(marks)) == {0, 0.5, 1}
    assert mask[marks == 1].all()
    assert not mask[marks == 0].any()


def test_a_mask_keeps_its_main_part_and_the_holes_that_are_sure():
    mask = np.zeros((30, 40), bool)
    mask[5:20, 5:20] = True
    expected = mask.copy()
    mask[10:12, 10:12] = False
    mask[15:17, 15:17] = expected[15:17, 15:17] = False
    mask[25:28, 30:35] = True
    chance = np.full(mask.shape, 0.5, np.float32)
    chance[15:17, 15:17] = 0.01
    assert np.array_equal(without_weak_holes(main_part(mask), chance, 0.1), expected)
    expected[15:17, 15:17] = True
    assert np.array_equal(solid(mask), expected)
    assert mask_box(expected) == Box(5, 5, 15, 15)
    assert not solid(np.zeros_like(mask)).any()
    full = np.ones((4, 5), bool)
    assert without_weak_holes(full, np.ones((4, 5), np.float32), 0.1).all()


def test_a_sticker_is_cropped_tightly_with_straight_alpha():
    matte = np.zeros((50, 60), np.float32)
    matte[10:20, 30:45] = 0.5
    colors = np.full((50, 60, 3), 200, np.uint8)
    pixels, box = sticker_pixels(Cutout(matte, colors, 1.0))
    assert box == Box(28, 8, 19, 14)
    assert pixels.shape == (14, 19, 4)
    assert pixels[2, 2].tolist() == [200, 200, 200, 128]
    assert not pixels[0].any()


def test_a_sticker_at_the_photos_edge_stays_inside_it():
    matte = np.ones((5, 6), np.float32)
    pixels, box = sticker_pixels(Cutout(matte, np.zeros((5, 6, 3), np.uint8), 1.0))
    assert box == Box(0, 0, 6, 5)
    assert pixels.shape == (5, 6, 4)


def test_an_empty_cutout_is_an_empty_sticker():
    empty = Cutout(np.zeros((5, 6), np.float32), np.zeros((5, 6, 3), np.uint8), 0.0)
    pixels, box = sticker_pixels(empty)
    assert pixels.shape == (0, 0, 4)
    assert (box.width, box.height) == (0, 0)


def test_a_large_object_s_outline_follows_its_edges():
    """A disc before noise, and a mask of it that is some pixels off."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((400, 400))
    disc = np.hypot(rows - 200, columns - 200) < 120
    picture = np.where(disc[..., None], [200, 60, 40], [60, 90, 140]) + rng.normal(
        0, 8, (400, 400, 3)
    )
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    rough = np.hypot(rows - 205, columns - 197) < 122
    drawn = redrawn_outline(picture, rough)
    assert (drawn ^ disc).sum() < 0.1 * (rough ^ disc).sum()


def test_a_small_object_keeps_its_outline():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    picture = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    assert redrawn_outline(picture, mask) is mask
