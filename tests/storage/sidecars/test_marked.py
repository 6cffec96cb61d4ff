"""Objects that were marked in the browser are written so that the pipeline reads them."""

import cv2
import numpy as np
import pytest
from upath import UPath

from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.marked import MarkedObject, coco_of, write_marked
from nst_pipeline.vision.shapes import Box


def ellipse(width: int, height: int, at: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, at, (30, 20), 30, 0, 360, 1, -1)
    return mask.astype(bool)


def marked(width: int = 200, height: int = 150) -> list[MarkedObject]:
    return [
        MarkedObject(Box(40, 40, 61, 50), "Tasse", ellipse(width, height, (70, 60))),
        MarkedObject(Box(120, 60, 50, 50), "", ellipse(width, height, (140, 90)), 0.12),
        MarkedObject(Box(5, 6, 20, 30), "cup"),
    ]


@pytest.mark.parametrize("scale", [1, 3])
def test_masks_labels_heights_and_boxes_are_read_as_they_were_marked(tmp_path, scale):
    path = write_marked(UPath(tmp_path), "more/cup.jpg", 200, 150, marked())
    assert path == UPath(tmp_path) / "more/cup.coco.json"
    found = read_sidecar("cup.jpg", 200 * scale, 150 * scale, coco=path.read_text("utf-8"))
    assert [(each.label, each.height_m) for each in found] == [
        ("Tasse", None),
        ("object", 0.12),
        ("cup", None),
    ]
    for each, own in zip(found, marked(), strict=True):
        if own.mask is None:
            assert each.mask is None
            assert each.box == Box(5 * scale, 6 * scale, 20 * scale, 30 * scale)
        else:
            assert np.array_equal(each.mask[::scale, ::scale], own.mask)


def test_a_photo_that_exif_turns_is_marked_upright():
    text = coco_of("cup.jpg", 200, 150, marked())
    found = read_sidecar("cup.jpg", 200, 150, orientation=6, coco=text)
    assert np.array_equal(found[0].mask, marked()[0].mask)


def test_files_that_were_made_otherwise_are_kept(tmp_path):
    (tmp_path / "cup.coco.json").write_text('{"images": [], "annotations": []}')
    (tmp_path / "cup.mask.png").write_bytes(b"a mask")
    for _ in range(2):
        write_marked(UPath(tmp_path), "cup.jpg", 200, 150, marked())
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "cup.coco.json",
        "cup.coco.json.bak",
        "cup.mask.png.bak",
    ]
    (tmp_path / "cup.mask.png").write_bytes(b"another mask")
    write_marked(UPath(tmp_path), "cup.jpg", 200, 150, [])
    assert (tmp_path / "cup.mask.png.bak").read_bytes() == b"a mask"
    assert (tmp_path / "cup.mask.png.bak2").read_bytes() == b"another mask"
    assert not (tmp_path / "cup.coco.json").exists()
