"""Files that a user puts beside a photo override what the pipeline would find."""

import json

import cv2
import numpy as np
import pytest

from nst_pipeline.storage.records import Placements, Stickers
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Box


def _key(collection, asset, start):
    return next(key for key in collection.rows(asset) if key.startswith(start))


@pytest.fixture(scope="module")
def with_sidecars(made, tmp_path_factory):
    """Two boxes for the cat, a mask for the cup, and a placement on the temple."""
    collection = made.copy(tmp_path_factory.mktemp("sidecars"))
    objects, scenes = collection.root / "objects", collection.root / "scenes"
    (objects / "cat.boxes.csv").write_text(
        "image,x,y,width,height,label\ncat.jpg,60,20,180,160,cat\ncat.jpg,10,10,40,40,ear\n"
    )
    mask = np.zeros((213, 320), np.uint8)
    cv2.circle(mask, (160, 100), 60, 255, -1)
    (objects / "사진 1.mask.png").write_bytes(encode_png(mask))
    (scenes / "temple.placements.json").write_text(
        json.dumps([{"sticker": "사진 1.jpg", "x": 20, "y": 60, "width": 80, "height": 80}])
    )
    collection.update()
    return collection


def test_every_box_of_the_user_becomes_a_sticker(with_sidecars):
    store = with_sidecars.open().store
    stickers = store.record(Stickers, "stickers", _key(with_sidecars, "stickers", "cat"))
    assert [each.label for each in stickers] == ["cat", "ear"]
    assert {each.source for each in stickers} == {"sidecar"}


def test_a_mask_by_the_user_is_used_as_the_outline(with_sidecars):
    store = with_sidecars.open().store
    (record,) = store.record(Stickers, "stickers", _key(with_sidecars, "stickers", "사진"))
    x, y, width, height = record.box
    assert abs(x - 100) <= 6
    assert abs(y - 40) <= 6
    assert abs(width - 121) <= 12
    assert abs(height - 121) <= 12


def test_a_placement_by_the_user_is_used_unchanged(with_sidecars):
    store = with_sidecars.open().store
    (placed,) = store.record(Placements, "placements", _key(with_sidecars, "placements", "temple"))
    assert placed.box == Box(20, 60, 80, 80)
    assert placed.photo == "사진 1.jpg"


def test_a_placement_of_an_unknown_sticker_is_quarantined_and_names_it(collection):
    before = (collection.root / "artifacts/gallery/manifest.json").read_bytes()
    sidecar = collection.root / "scenes/temple.placements.json"
    sidecar.write_text('[{"sticker": "dog.jpg", "x": 0, "y": 0, "width": 9, "height": 9}]')
    collection.update()
    row = collection.rows("placements")[_key(collection, "placements", "temple")]
    assert row.status == "failed"
    assert "'dog.jpg'" in row.error
    gallery = (collection.root / "artifacts/gallery/manifest.json").read_bytes()
    assert gallery != before  # it shows that the scene's pictures are out of date
