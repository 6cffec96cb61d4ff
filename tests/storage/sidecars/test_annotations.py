"""A user's own boxes and masks."""

import json

import numpy as np
import pytest

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.labels import PlainRunLengths, RunLengths
from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.boxes import parse_boxes_csv
from nst_pipeline.storage.sidecars.coco import parse_coco, split_coco
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
        ("image,x,y,width,height\na.jpg,1,2,nan,4\n", "row 1 of a.jpg.*finite"),
        ("image,x,y,width,height\na.jpg,0.15,0.08,0.65,0.87\n", "row 1 of a.jpg.*shares"),
        ("image,x,y,width,height\nb.jpg,1,2,3,4\na.jpg,0,0,1,1\n", "row 1 of a.jpg.*give pixels"),
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
        ("[" * 100_000, "not a COCO file"),
        (_coco(bbox=[1, 2]), r"annotation 1 of cat.jpg.*not a box"),
        (_coco(bbox=[0.1, 0.2, 0.5, 0.5]), r"annotation 1 of cat.jpg.*shares"),
        (_coco(segmentation=[[0.1, 0.2, 0.5, 0.5, 0.3, 0.4]]), r"annotation 1 .*shares"),
        (_coco(segmentation=[[1, 2, 3]]), r"annotation 1 of cat.jpg.*three points"),
        (_coco(segmentation=[[1, 2, 3, 4, 5, float("inf")]]), "annotation 1 of cat.jpg"),
        (_coco(segmentation="polygon"), "annotation 1 of cat.jpg.*neither polygons nor RLE"),
        (_coco(segmentation={"counts": [1]}), r"annotation 1 of cat.jpg.*size"),
        (_coco(segmentation={"counts": [4], "size": [2, 5]}), r"RLE mask.*do not add up"),
        (_coco(segmentation={"counts": [10], "size": [2, 5]}), r"RLE mask: .* 5 x 2 .*aspect"),
        (_coco(segmentation={"counts": "04:PP", "size": [80, 100]}), "RLE mask.*do not add up"),
        (_coco(segmentation={"counts": [1], "size": [10**6, 10**6]}), "RLE mask has 1000000 x"),
        (_coco(bbox=[500, 2, 3, 4]), "outside the photo of 100 x 80"),
    ],
)
def test_a_bad_coco_file_names_the_annotation(text, message):
    with pytest.raises(SidecarError, match=message):
        read_sidecar("cat.jpg", 100, 80, coco=text, source="annotations.json")


def _framed(width, height, **annotation):
    """COCO of a photo that the tool saw in this size."""
    content = json.loads(_coco(**annotation))
    content["images"][0] |= {"width": width, "height": height}
    return json.dumps(content)


def _box(coco, width=100, height=80, orientation=1):
    [found] = read_sidecar("cat.jpg", width, height, orientation=orientation, coco=coco)
    return found.box


def test_boxes_that_were_drawn_on_a_smaller_copy_are_scaled():
    assert _box(_framed(50, 40, bbox=[12.5, 8, 20, 10])) == Box(25, 16, 40, 20)
    # Tools round both sides of a copy.
    assert _box(_framed(33, 26, bbox=[3.3, 2.6, 3.3, 2.6])).x == 10
    assert _box(_framed(100, 80)) == _box(_coco()) == _box(_framed(0, 0)) == Box(10, 20, 30, 15)
    assert _box(_framed("50", "40")) == Box(20, 40, 60, 30)


@pytest.mark.parametrize(
    ("orientation", "box"),
    [
        (5, Box(20, 10, 15, 30)),
        (6, Box(100 - 35, 10, 15, 30)),
        (7, Box(100 - 35, 80 - 40, 15, 30)),
        (8, Box(20, 80 - 40, 15, 30)),
    ],
)
def test_boxes_that_were_drawn_on_the_stored_picture_are_turned(orientation, box):
    assert _box(_framed(80, 100), orientation=orientation) == box
    assert _box(_framed(40, 50, bbox=[5, 10, 15, 7.5]), orientation=orientation) == box
    # An upright copy is not turned.
    assert _box(_framed(100, 80), orientation=orientation) == Box(10, 20, 30, 15)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_masks_are_turned_and_scaled_like_boxes(orientation):
    """Polygon, run lengths and mask picture of the stored photo all show the same object."""
    stored = np.zeros((100, 80), bool)
    stored[20:35, 10:40] = True
    rle = PlainRunLengths.of(stored).model_dump(mode="json")
    packed = RunLengths.of(stored).model_dump(mode="json")
    polygon = [10, 20, 40, 20, 40, 35, 10, 35]
    half = [value / 2 for value in polygon]
    masks = [
        read_sidecar("cat.jpg", 100, 80, orientation=orientation, coco=coco)[0].mask
        for coco in (
            _framed(80, 100, segmentation=rle),
            _framed(0, 0, segmentation=packed),
            _framed(80, 100, segmentation=polygon),
            _framed(40, 50, segmentation=[half], bbox=None),
        )
    ]
    masks += [read_sidecar("cat.jpg", 100, 80, orientation=orientation, mask=stored)[0].mask]
    box = _box(_framed(80, 100), orientation=orientation)
    for mask in masks:
        assert mask[box.slices].all() and mask.sum() <= 1.15 * 30 * 15
    assert _box(_framed(0, 0, segmentation=packed), orientation=orientation) == box


def test_an_annotated_picture_of_another_shape_is_refused():
    with pytest.raises(SidecarError, match=r"annotation 1 of cat.jpg.* 90 x 80 .* 100 x 80"):
        read_sidecar("cat.jpg", 100, 80, coco=_framed(90, 80))
    with pytest.raises(SidecarError, match="aspect"):
        read_sidecar("cat.jpg", 100, 80, coco=_framed(80, 100))


def test_run_lengths_are_unpacked_as_pycocotools_packs_them():
    mask = np.random.default_rng(3).random((80, 100)) < 0.4
    packed = RunLengths.of(mask).model_dump(mode="json")
    [found] = read_sidecar("cat.jpg", 100, 80, coco=_coco(segmentation=packed, bbox=None))
    assert np.array_equal(found.mask, mask)


@pytest.mark.parametrize("bbox", [None, [], [0, 0, 0, 0]])
def test_a_missing_box_comes_from_the_outline(bbox):
    polygon = [[10, 20, 40, 20, 40, 35], [60, 60, 70, 60, 70, 75]]
    assert _box(_coco(bbox=bbox, segmentation=polygon)) == Box(10, 20, 60, 55)
    mask = np.zeros((80, 100), bool)
    mask[20:35, 10:40] = True
    packed = RunLengths.of(mask).model_dump(mode="json")
    assert _box(_coco(bbox=bbox, segmentation=packed)) == Box(10, 20, 30, 15)


def test_coco_is_read_as_loosely_as_tools_write_it():
    flat = [10, 20, 40, 20, 40, 35, 10, 35]
    [found] = read_sidecar("CAT.JPG", 100, 80, coco="\ufeff" + _coco(segmentation=flat))
    assert found.mask.sum() >= 30 * 15
    for empty in ([[]], [], None, {}):
        [found] = read_sidecar("cat.jpg", 100, 80, coco=_coco(segmentation=empty))
        assert (found.mask, found.box) == (None, Box(10, 20, 30, 15))
    content = json.loads(_coco())
    content["annotations"][1] |= {"image_id": "7", "category_id": 3.0}
    [found] = read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content))
    assert found.label == "cat"


def test_a_row_without_area_costs_itself_and_is_noted():
    content, notes = json.loads(_coco()), []
    content["annotations"] += [
        {"image_id": 7, "category_id": 3, "bbox": [5, 5, 0, 9]},
        {"image_id": 7, "category_id": 3, "bbox": [5, 5, 9, 9], "segmentation": [[1, 2, 3, 4]]},
    ]
    found = read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content), note=notes.append)
    assert [each.box for each in found] == [Box(10, 20, 30, 15), Box(5, 5, 9, 9)]
    assert "annotation 2 of cat.jpg is left out" in notes[0] and "three points" in notes[1]
    text = "image,x,y,width,height\na.jpg,1,2,0,4\na.jpg,1,2,30,40\n"
    [found] = read_sidecar("a.jpg", 100, 80, boxes_csv=text, note=notes.append)
    assert found.box == Box(1, 2, 30, 40) and "row 1 of a.jpg is left out" in notes[2]


def test_a_box_is_cut_at_the_photos_edges_with_a_note():
    notes = []
    [found] = read_sidecar(
        "cat.jpg", 100, 80, coco=_coco(bbox=[-5, 60, 200, 40]), note=notes.append
    )
    assert found.box == Box(0, 60, 100, 20)
    assert "annotation 1 of cat.jpg" in notes[0] and "cut at the edges" in notes[0]


@pytest.mark.parametrize("label", ["\ud800", "a\x1b[31mb", "x" * 201])
def test_a_label_that_is_no_text_is_refused(label):
    content = json.loads(_coco())
    content["categories"][0]["name"] = label
    with pytest.raises(SidecarError, match=r"annotation 1 of cat\.jpg: the label") as caught:
        read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content))
    assert str(caught.value).isascii() and "\x1b" not in str(caught.value)


@pytest.mark.parametrize("outline", [[], [[]], [[5, 5, 50, 50]], [5, 5, 50, 50], [[5, 5] * 3]])
def test_an_outline_without_area_costs_only_its_own_row(outline):
    content, notes = json.loads(_coco()), list[str]()
    content["annotations"].append({"image_id": 7, "category_id": 3, "segmentation": outline})
    [found] = read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content), note=notes.append)
    assert found.box == Box(10, 20, 30, 15)
    assert "annotation 2 of cat.jpg is left out: it has no area" in notes[-1]


@pytest.mark.parametrize("name", [None, ["a"], {"a": 1}, True])
def test_a_row_with_a_label_that_is_no_text_is_left_out(name):
    content, notes = json.loads(_coco()), list[str]()
    content["categories"].append({"id": 4, "name": name})
    content["annotations"].append({"image_id": 7, "category_id": 4, "bbox": [1, 2, 30, 40]})
    [found] = read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content), note=notes.append)
    assert found.label == "cat"
    assert f"annotation 2 of cat.jpg is left out: its category's name {name!r} is no" in notes[0]


@pytest.mark.parametrize("is_escaped", [False, True])
def test_byte_order_marks_inside_values_do_not_count(is_escaped):
    content = json.loads(_coco())
    content["images"][0]["file_name"] = "\ufeffphotos/\ufeffcat.jpg"
    content["categories"][0]["name"] = "\ufeffcat"
    texts, _ = split_coco(json.dumps(content, ensure_ascii=is_escaped))
    [found] = read_sidecar("cat.jpg", 100, 80, coco=texts["photos/cat.jpg"])
    assert found.label == "cat"


def test_too_many_objects_are_refused():
    text = "image,x,y,width,height\n" + "a.jpg,1,2,30,40\n" * 1001
    with pytest.raises(SidecarError, match=r"more than 1000 objects of a\.jpg"):
        read_sidecar("a.jpg", 100, 80, boxes_csv=text)


def test_a_mask_is_preferred_to_boxes():
    mask = np.zeros((80, 100), bool)
    mask[10:30, 20:60] = True
    csv = "image,x,y,width,height\ncat.jpg,0,0,5,5\n"
    [found] = read_sidecar("cat.jpg", 100, 80, mask=mask, boxes_csv=csv)
    assert found.box == Box(20, 10, 40, 20)
    assert (found.score, found.source) == (1.0, "sidecar")
    assert np.array_equal(found.mask, mask)


@pytest.mark.parametrize(
    ("mask", "message"),
    [(np.zeros((80, 100), bool), "black"), (np.ones((5, 6), bool), "6 x 5.*100 x 80")],
)
def test_a_black_mask_or_one_of_another_size_is_refused(mask, message):
    with pytest.raises(SidecarError, match=message):
        read_sidecar("cat.jpg", 100, 80, mask=mask)


def test_a_sidecar_about_other_photos_gives_no_detections():
    assert read_sidecar("bird.jpg", 100, 80, coco=_coco()) == []


@pytest.mark.parametrize("row", [{}, {"bbox": None}, {"bbox": [], "segmentation": None}])
def test_a_row_that_says_nothing_costs_only_itself(row):
    content, notes = json.loads(_coco()), list[str]()
    content["annotations"].append({"image_id": 7, "category_id": 3, **row})
    [found] = read_sidecar("cat.jpg", 100, 80, coco=json.dumps(content), note=notes.append)
    assert found.box == Box(10, 20, 30, 15)
    assert "annotation 2 of cat.jpg is left out: it has neither a bbox nor" in notes[-1]
