"""Photos with transparency in both inboxes: their own alpha and colors reach the composite."""

import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image

from nst_pipeline.storage.records import CompositeRecord, Stickers
from nst_pipeline.vision.images.png import encode_png

BLUE, RED = (20, 60, 200), (200, 20, 20)
ROWS, COLUMNS = np.indices((200, 200))


def _photo(color, alpha) -> np.ndarray:
    return np.dstack([np.full((200, 200, 3), color, np.uint8), alpha.astype(np.uint8)])


BALL = _photo(BLUE, np.rint(np.clip(2 - np.hypot(ROWS - 100, COLUMNS - 100) / 45, 0, 1) * 255))
GLASS = _photo(RED, 100 * ((abs(ROWS - 100) < 70) & (abs(COLUMNS - 100) < 60)))


def _key(collection, asset, start):
    return next(key for key in collection.rows(asset) if key.startswith(start))


@pytest.fixture(scope="module")
def with_cut_outs(made, tmp_path_factory):
    """A soft ball, clear glass, an opaque cup with an alpha, and two scenes without a sky."""
    collection = made.copy(tmp_path_factory.mktemp("cut-outs"))
    objects, scenes = collection.root / "objects", collection.root / "scenes"
    cup = data.coffee()[::2, ::2]
    for name, picture in (
        ("ball", BALL),
        ("glass", GLASS),
        ("cup", np.dstack([cup, np.full(cup.shape[:2], 255, np.uint8)])),
    ):
        (objects / f"{name}.png").write_bytes(encode_png(picture))
    ground = np.full((240, 320, 4), (90, 120, 60, 200), np.uint8)
    ground[:100] = 0
    (scenes / "ground.png").write_bytes(encode_png(ground))
    (scenes / "ground.placements.json").write_text(
        '[{"sticker": "glass.png", "x": 100, "y": 60, "width": 120, "height": 140}]'
    )
    temple = load_sample_image("china.jpg")[::2, ::2]
    opaque = np.full((*temple.shape[:2], 1), 255, np.uint8)
    opaque[:60] = 0
    (scenes / "no sky.png").write_bytes(encode_png(np.dstack([temple, opaque])))
    key = _key(made, "stickers", "cat")
    (objects / "again.png").write_bytes(made.open().store.read("stickers", key, ".0.png"))
    collection.update()
    return collection


def test_own_alpha_and_colors_reach_sticker_and_composite(with_cut_outs):
    store = with_cut_outs.open().store
    for name, photo in (("ball", BALL), ("glass", GLASS)):
        key = _key(with_cut_outs, "stickers", name)
        (record,) = store.record(Stickers, "stickers", key)
        assert (record.source, record.quality) == ("alpha", 1)
        x, y, width, height = record.box
        seen = photo[y : y + height, x : x + width]
        pixels = store.picture("stickers", key, ".0.png")
        np.testing.assert_array_equal(pixels[..., 3], seen[..., 3])
        np.testing.assert_array_equal(pixels[pixels[..., 3] > 0], seen[seen[..., 3] > 0])
    (cup,) = store.record(Stickers, "stickers", _key(with_cut_outs, "stickers", "cup"))
    assert cup.source != "alpha"


def test_a_sticker_that_is_used_as_a_photo_becomes_the_same_sticker(with_cut_outs):
    store = with_cut_outs.open().store
    first, again = (_key(with_cut_outs, "stickers", name) for name in ("cat", "again"))
    before, after = (store.picture("stickers", key, ".0.png") for key in (first, again))
    np.testing.assert_array_equal(after, before)
    (record,) = store.record(Stickers, "stickers", again)
    assert set(record.cut_by) <= set(store.record(Stickers, "stickers", first)[0].cut_by)


def test_a_scene_keeps_its_own_colors_and_glass_shows_them(with_cut_outs):
    store = with_cut_outs.open().store
    key = _key(with_cut_outs, "composites", "ground")
    image = store.picture("composites", key).astype(float)
    alpha = store.picture("composites", key, ".mask.png")[..., None] / 255
    scene = np.full((240, 320, 3), (90, 120, 60))
    scene[:100] = 255  # invisible
    mixed = alpha * np.array(RED) + (1 - alpha) * scene
    assert alpha.max() == 100 / 255
    assert np.abs(image - mixed)[:150].max() <= 1
    assert (image <= mixed + 1).all()  # below, its shadow darkens the ground
    assert with_cut_outs.rows("harmonized")[key].status == "ok"
    (label,) = store.record(CompositeRecord, "composites", key).annotations
    assert (label.bbox, label.visible) == ((102, 62, 116, 136), 1)


def test_the_opaque_part_of_a_scene_is_not_an_obstacle(with_cut_outs):
    row = with_cut_outs.rows("composites")[_key(with_cut_outs, "composites", "no-sky")]
    assert (row.status, row.error) == ("ok", "")
