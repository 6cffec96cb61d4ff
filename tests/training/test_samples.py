"""Training samples: what the network sees of photos with masks, and of stickers pasted on them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from training.cutout_network.samples import (
    Sampler,
    Source,
    bounds,
    crop_window,
    list_photos,
)

SIDE = 64
"""Of the samples here; training uses 256 px."""


def disc(height: int, width: int, x: int, y: int, radius: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    return cv2.circle(mask, (x, y), radius, 255, -1)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos: a cat's head, and two coins."""
    folder = tmp_path / "photos"
    for part in ("photo", "mask"):
        (folder / part).mkdir(parents=True)
    cat = data.chelsea()
    coins = cv2.cvtColor(data.coins(), cv2.COLOR_GRAY2BGR)
    cv2.imwrite(str(folder / "photo/cat.jpg"), cat[..., ::-1])
    cv2.imwrite(str(folder / "mask/cat.png"), disc(*cat.shape[:2], 150, 130, 110))
    cv2.imwrite(str(folder / "photo/coins.jpg"), coins)
    for number, (x, y) in enumerate([(45, 50), (340, 60)]):
        mask = disc(*coins.shape[:2], x, y, 36)
        cv2.imwrite(str(folder / f"mask/coins.{number}.png"), mask)
    return folder


@pytest.fixture
def stickers(tmp_path: Path) -> Path:
    """A green ball with transparency."""
    folder = tmp_path / "stickers"
    folder.mkdir()
    ball = np.zeros((90, 120, 4), np.uint8)
    ball[:] = (0, 255, 0, 0)
    ball[..., 3] = disc(90, 120, 60, 45, 40)
    cv2.imwrite(str(folder / "ball.png"), ball)
    return folder


def draw(sources: list[Source], *, count: int = 40, seed: int = 1, held_back: tuple = ()) -> list:
    sampler = Sampler(sources, held_back, seed, SIDE)
    return [sampler.draw() for _ in range(count)]


def test_a_photo_has_one_mask_or_several(photos):
    cat, coins = list_photos(photos)
    picture, masks = coins.read()
    assert len(cat.masks) == 1 and len(coins.masks) == len(masks) == 2
    assert picture.shape == (303, 384, 3)
    assert all(mask.shape == (303, 384) and mask.max() == 1 for mask in masks)


def test_a_photo_without_a_mask_is_not_drawn(photos):
    cv2.imwrite(str(photos / "photo/more.jpg"), np.zeros((9, 9, 3), np.uint8))
    assert [photo.photo.stem for photo in list_photos(photos)] == ["cat", "coins"]


def test_the_bounds_contain_the_object_exactly():
    alpha = np.zeros((20, 30), np.float32)
    alpha[4:9, 10:25] = 1
    assert bounds(alpha) == (10, 4, 25, 9)
    assert bounds(np.zeros((20, 30), np.float32)) is None


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((40, 40, 60, 50), (35, 30, 65, 60)),
        ((0, 0, 20, 20), (0, 0, 25, 25)),
        ((90, 70, 100, 80), (88, 68, 100, 80)),
    ],
)
def test_the_window_is_a_square_around_the_box_cut_at_the_borders(box, window):
    assert crop_window(box, 0.25, 100, 80) == window


def test_samples_have_the_networks_size_and_types(photos, stickers):
    for sample in draw([Source(photos, 0.5), Source(stickers, 0.5)]):
        assert sample.picture.shape == (SIDE, SIDE, 3) and sample.picture.dtype == np.uint8
        assert sample.box.shape == sample.alpha.shape == (SIDE, SIDE)
        assert sample.box.dtype == sample.alpha.dtype == np.float32
        assert sample.alpha.min() >= 0 and sample.alpha.max() <= 1 + 1e-6
        assert sample.given == bool(sample.box.any())


def test_the_same_seed_draws_the_same_samples(photos, stickers):
    sources = [Source(photos, 0.5), Source(stickers, 0.5)]
    first, again, other = (draw(sources, count=10, seed=seed) for seed in (3, 3, 4))
    assert all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for one, two in zip(first, again, strict=True)
        for name in ("picture", "box", "alpha")
    )
    assert any(not np.array_equal(a.picture, b.picture) for a, b in zip(first, other, strict=True))


def test_a_given_box_lies_around_the_object_it_asks_for(photos):
    for sample in draw([Source(photos, 1)]):
        if sample.given:
            outside = sample.alpha[sample.box == 0].sum() / sample.alpha.sum()
            assert outside < 0.15  # Boxes are jittered on purpose.


def test_a_box_asks_for_one_of_several_objects(photos):
    coins = [
        sample
        for sample in draw([Source(photos, 1)], held_back=(str(photos / "photo/cat.jpg"),))
        if sample.given
    ]
    assert coins
    for sample in coins:
        pieces, _ = cv2.connectedComponents((sample.alpha > 0.5).astype(np.uint8))
        assert pieces - 1 == 1


def test_jittered_boxes_stay_in_the_photo(photos):
    sampler = Sampler([Source(photos, 1)], (), 5, SIDE)
    for _ in range(200):
        left, top, right, bottom = sampler._jitter((0, 0, 30, 20), 30, 20)
        assert 0 <= left < right <= 30
        assert 0 <= top < bottom <= 20


def test_without_a_box_all_objects_count(photos):
    cat_held_back = (str(photos / "photo/cat.jpg"),)
    without = [
        sample
        for sample in draw([Source(photos, 1, whole_photo=True)], held_back=cat_held_back)
        if not sample.given
    ]
    assert without
    most = max(
        cv2.connectedComponents((sample.alpha > 0.5).astype(np.uint8))[0] for sample in without
    )
    assert most - 1 == 2


def test_photos_held_back_are_never_drawn(photos):
    sampler = Sampler([Source(photos, 1)], [str(photos / "photo/cat.jpg")], 1, SIDE)
    [(_, left)] = sampler.photos
    assert [photo.photo.stem for photo in left] == ["coins"]


def test_stickers_are_pasted_where_their_mask_says(photos, stickers):
    sampler = Sampler([Source(photos, 0.01), Source(stickers, 0.99)], (), 2, SIDE)
    greens = []
    for _ in range(30):
        scene, alphas, _ = sampler._pasted()
        assert all(alpha.shape == scene.shape[:2] for alpha in alphas)
        assert sum(alphas).max() <= 1 + 1e-6
        red, green, blue = scene[np.max(alphas, axis=0) == 1].astype(int).mean(0)
        greens.append(green - (red + blue) / 2)
    # Some of what is pasted is cut out of the photos instead.
    assert max(greens) > 100 and np.mean(np.array(greens) > 50) > 0.4


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_sources_are_drawn_as_often_as_their_share_says(photos, tmp_path, share):
    other = tmp_path / "other"
    for part in ("photo", "mask"):
        (other / part).mkdir(parents=True)
    photo = np.zeros((64, 64, 3), np.uint8)
    cv2.imwrite(str(other / "photo/black.png"), photo)
    cv2.imwrite(str(other / "mask/black.png"), disc(64, 64, 32, 32, 20))
    samples = draw([Source(other, share), Source(photos, 1 - share)], count=200)
    black = np.mean([np.median(sample.picture) < 12 for sample in samples])
    assert black == pytest.approx(share, abs=0.12)
