"""Names of files: those that stores of earlier versions hold."""

import numpy as np

from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.keys import ALL


def test_names_are_those_that_existing_stores_hold():
    assert (files.PICTURE, files.RECORD) == (".png", ".json")
    assert (files.MASK, files.SHADOW, files.LOSS_CURVE) == (
        ".mask.png",
        ".shadow.png",
        ".loss.png",
    )
    assert files.sticker(0) == ".0.png"
    assert files.layer(2) == ".layer2.png"
    assert files.model_input("left", "content") == ".left.content.png"
    assert files.stylized("right") == ".right.png"
    assert files.stylized("right", by_itself=True) == ".right.self.png"
    assert files.CONTACT_SHEET == "contact_sheet.png"


def test_a_file_is_named_after_its_key_unless_it_belongs_to_the_whole_collection():
    assert files.file_name("cat-1", files.MASK) == "cat-1.mask.png"
    assert files.file_name(ALL, files.COCO) == "coco.json"


def test_pictures_are_distinguished_from_records():
    assert files.is_picture("cat-1.mask.png") and not files.is_picture("cat-1.json")
    assert files.without_picture_suffix(files.MASK) == ".mask"


def test_the_picture_format_loses_nothing():
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    data = files.PICTURE_FORMAT.encode(picture)
    assert np.array_equal(files.PICTURE_FORMAT.decode(data), picture)
