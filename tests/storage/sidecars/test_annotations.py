"""A user's own boxes and masks."""

import json

import numpy as np
import pytest

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.annotations import (
    parse_boxes_csv,
    parse_coco,
    read_sidecar,
)
from nst_pipeline.vision.shapes import Box


def _coco(**annotation):
    return json.dumps(
        {
            "images": [
                {"id": 7, "file_name": "photos/cat.jpg"},
                {"id": 8, "file_name": "dog.jpg"},
            ],
            "categories": [{"id": 3, "name": "cat"}],
            "annotations": [
                {"image_id": 8, "category_id": 3, "bbox": [0, 0, 5, 5]},
                {"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 15], **annotation},
            ],
        }
    )


def test_a_csv_contains_boxes_of_many_photos():
    text = "image,x,y,width,height,label\na.jpg,1,2,30,40,cup\nb.jpg,5,6,7,8,\n"
    [cup] = parse_boxes_csv(text, "a.jpg")
    assert (cup.box, cup.label) == (Box(1, 2, 30, 40), "cup")
    assert parse_boxes_csv(text, "b.jpg")[0].label == "object"
    assert parse_boxes_csv(text, "c.jpg") == []


def test_names_match_in_any_unicode_form_and_folder():
    composed, decomposed = "사진é.jpg", "사진e\u0301.jpg"
    text = f"\ufeffimage,x,y,width,height\nsub/{decomposed},1,2,3,4\n"
    assert len(parse_boxes_csv(text, composed)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,x,y\n", "lacks the column.*width, height"),
        ("image,x,y,width,height\na.jpg,1,2,three,4\n", "boxes.csv, row 1 of a.jpg.*three"),
        ("image,x,y,width,height\na.jpg,1,2,0,4\n", "row 1 of a.jpg.*no area"),
        ("image,x,y,width,height\na.jpg,1,2\n", "row 1 of a.jpg"),
        ("", "lacks the column"),
    ],
)
def test_a_bad_csv_names_the_row(text, message):
    with pytest.raises(SidecarError, match=message):
        parse_boxes_csv(text, "a.jpg", "boxes.csv")


def test_coco_boxes_have_their_categorys_name_as_label():
    [found] = parse_coco(_coco(), "cat.jpg")
    assert (found.box, found.label) == (Box(10, 20, 30, 15), "cat")


def test_a_coco_polygon_becomes_a_mask():
    polygon = [[10, 20, 40, 20, 40, 35, 10, 35]]
    [found] = read_sidecar("cat.jpg", 100, 80, coco=_coco(segmentation=polygon))
    inside = np.zeros((80, 100), bool)
    inside[20:35, 10:40] = True
    assert (found.mask != inside).sum() <= 2 * (30 + 15)
    assert (found.mask & inside).sum() == inside.sum()


def test_coco_run_lengths_become_a_mask():
    inside = np.zeros((80, 100), bool)
    inside[20:35, 10:40] = True
    flat = inside.T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    rle = {"counts": counts, "size": [80, 100]}
    [found] = read_sidecar("cat.jpg", 100, 80, coco=_coco(segmentation=rle))
    assert np.array_equal(found.mask, inside)


def test_crowds_are_left_out():
    assert parse_coco(_coco(iscrowd=1), "cat.jpg") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a COCO file"),
        ('{"images": []}', "not a COCO file.*annotations"),
        (_coco(bbox=[1, 2]), r"annotations\[1\].*not a box"),
        (_coco(bbox=[1, 2, 3, -4]), r"annotations\[1\].*no area"),
        (_coco(segmentation=[[1, 2, 3]]), r"annotations\[1\].*three points"),
        (_coco(segmentation={"counts": [1]}), r"annotations\[1\].*size"),
        (_coco(segmentation={"counts": [4], "size": [2, 2]}), r"RLE mask is \[2, 2\]"),
        (_coco(bbox=[500, 2, 3, 4]), "outside the photo of 100 x 80"),
    ],
)
def test_a_bad_coco_file_names_the_annotation(text, message):
    with pytest.raises(SidecarError, match=message):
        read_sidecar("cat.jpg", 100, 80, coco=text, source="annotations.json")


def test_a_mask_is_preferred_to_boxes():
    mask = np.zeros((80, 100, 3), np.uint8)
    mask[10:30, 20:60] = 255
    csv = "image,x,y,width,height\ncat.jpg,0,0,5,5\n"
    [found] = read_sidecar("cat.jpg", 100, 80, mask=mask, boxes_csv=csv)
    assert found.box == Box(20, 10, 40, 20)
    assert (found.score, found.source) == (1.0, "sidecar")
    assert np.array_equal(found.mask, mask[..., 0] > 0)


@pytest.mark.parametrize("hidden", [0, 255])
def test_a_mask_is_black_where_it_is_transparent(hidden):
    mask = np.full((80, 100, 4), (hidden, hidden, hidden, 0), np.uint8)
    mask[10:30, 20:60] = 255
    [found] = read_sidecar("cat.jpg", 100, 80, mask=mask)
    assert found.box == Box(20, 10, 40, 20)
    assert np.array_equal(found.mask, mask[..., 3] > 0)


@pytest.mark.parametrize(
    ("mask", "message"),
    [(np.zeros((80, 100), np.uint8), "black"), (np.ones((5, 6), np.uint8), "6 x 5.*100 x 80")],
)
def test_a_black_mask_or_one_of_another_size_is_refused(mask, message):
    with pytest.raises(SidecarError, match=message):
        read_sidecar("cat.jpg", 100, 80, mask=mask)


def test_a_sidecar_about_other_photos_gives_no_detections():
    assert read_sidecar("bird.jpg", 100, 80, coco=_coco()) == []
