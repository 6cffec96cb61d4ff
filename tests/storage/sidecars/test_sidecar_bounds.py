"""Sidecars that would take minutes or gigabytes are refused, and say what to do."""

import json
import time

import pytest
from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.inbox_file import File
from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.boxes import parse_boxes_csv, split_boxes
from nst_pipeline.storage.sidecars.coco import load_json, parse_coco, split_coco
from nst_pipeline.storage.sidecars.content import MAX_BYTES, read_sections

HEADER = "image,x,y,width,height"


def coco(*annotations: dict) -> str:
    image = {"id": 1, "file_name": "cup.jpg"}
    return json.dumps(
        {"images": [image], "annotations": [{"image_id": 1} | each for each in annotations]}
    )


def test_many_categories_take_no_quadratic_time():
    count = 30_000
    content = json.loads(
        coco(*({"category_id": number, "bbox": [1, 2, 3, 4]} for number in range(count)))
    )
    content["categories"] = [{"id": number, "name": f"kind {number}"} for number in range(count)]
    began = time.process_time()
    texts, _ = split_coco(json.dumps(content))
    assert time.process_time() - began < 5
    assert len(json.loads(texts["cup.jpg"])["categories"]) == 1001  # one more than allowed


def test_many_columns_take_no_quadratic_time():
    text = f"{HEADER}{',extra' * 20_000}\n" + "cup.jpg,1,2,30,40\n" * 20_000
    began = time.process_time()
    texts = split_boxes(text)
    assert time.process_time() - began < 5
    assert texts["cup.jpg"].splitlines()[:2] == [HEADER, "cup.jpg,1,2,30,40"]


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ({"size": [80, 100], "counts": "o" * 1_000_000}, "a number in it does not end"),
        ({"size": [80, 100], "counts": "1" * 2_000_001}, "more than 2000000 runs: smooth it"),
        ({"size": [80, 100], "counts": [0] * 2_000_001}, "more than 2000000 runs: smooth it"),
        ([[1, 2] * 100_001], "more than 100000 points: simplify it"),
    ],
)
def test_endless_outlines_are_refused(segmentation, message):
    began = time.process_time()
    with pytest.raises(SidecarError, match=message):
        read_sidecar("cup.jpg", 100, 80, coco=coco({"segmentation": segmentation}))
    assert time.process_time() - began < 5


def test_more_masks_than_memory_holds_are_refused():
    outlines = [{"segmentation": [[1, 1, 9, 1, 9, 9]]}] * 50
    assert len(read_sidecar("cup.jpg", 100, 80, coco=coco(*outlines))) == 50
    with pytest.raises(SidecarError, match=r"50 outlines .* a photo of 99 Mpx: leave 12"):
        read_sidecar("cup.jpg", 11_000, 9_000, coco=coco(*outlines))


def test_json_of_very_many_values_is_refused_before_it_is_parsed():
    with pytest.raises(ValueError, match="too many values: split it"):
        load_json("[" + "[]," * 9_000_000 + "[]]")


def test_boxes_files_of_very_many_rows_are_refused():
    with pytest.raises(ValueError, match="more than 500000 rows: split it, one in each folder"):
        split_boxes(HEADER + "\n" * 500_002)


@pytest.mark.parametrize("table", ["images", "annotations"])
def test_coco_files_of_very_many_entries_are_refused(tmp_path, table):
    content = {"images": [], "annotations": []} | {table: [{}] * 500_001}
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(SidecarError, match=rf"annotations\.json .* more than \d+ {table}: split"):
        read_sections(UPath(tmp_path), File("annotations.json", 0, 0))


def test_very_many_rows_of_one_photo_are_split_in_little_time():
    began = time.process_time()
    text = split_boxes(f"{HEADER}\n" + "cup.jpg,1,2,30,40\n" * 400_000)["cup.jpg"]
    assert time.process_time() - began < 5
    with pytest.raises(SidecarError, match=r"more than 1000 objects of cup\.jpg: leave 1000"):
        parse_boxes_csv(text, "cup.jpg")


def test_very_many_annotations_of_one_photo_are_refused():
    texts, _ = split_coco(coco(*[{"bbox": [1, 2, 30, 40]}] * 2000))
    with pytest.raises(SidecarError, match=r"more than 1000 objects of cup\.jpg: leave 1000"):
        parse_coco(texts["cup.jpg"], "cup.jpg")


def test_too_large_a_file_says_to_split_it(tmp_path):
    with (tmp_path / "boxes.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SidecarError, match=r"larger than 60 MB\): split it, one in each folder"):
        read_sections(UPath(tmp_path), File("boxes.csv", 0, 0))
