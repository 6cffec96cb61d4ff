"""Files that LabelMe, Label Studio, CVAT and FiftyOne wrote (`write_exports.py`) are read."""

import io
import json
import zipfile

import cv2
import numpy as np
import pytest
from upath import UPath

from nst_pipeline.errors import NstError, SidecarError
from nst_pipeline.storage.annotation_files.read import read_annotation_data, read_annotation_file
from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.marked import write_marked
from nst_pipeline.vision.shapes import Box
from tests.storage.annotation_files.write_exports import (
    BOX,
    EXPORTS,
    HEIGHT,
    POLYGON,
    WIDTH,
    mask,
)

FILES = sorted(each.name for each in EXPORTS.iterdir())
WITHOUT_KITE = ("fiftyone_coco.json",)
WITHOUT_RING = ("datumaro_coco.json",)


def read(name: str, notes: list[str] | None = None):
    (picture,) = read_annotation_file(EXPORTS / name, (notes if notes is not None else []).append)
    return picture


def kite() -> np.ndarray:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    points = (np.array(POLYGON) * 16 - 8).astype(np.int32)
    return cv2.fillPoly(canvas, [points], 1, shift=4).astype(bool)


@pytest.mark.parametrize("name", FILES)
def test_an_export_becomes_a_sidecar_with_the_same_objects(tmp_path, name):
    picture = read(name)
    assert picture.name.endswith("cup.png")
    assert "1a2b3c4d" not in picture.name
    path = write_marked(UPath(tmp_path), "cup.png", picture.width, picture.height, picture.objects)
    found = {
        each.label: each
        for each in read_sidecar("cup.png", WIDTH, HEIGHT, coco=path.read_text("utf-8"))
    }
    left, top, right, bottom = BOX
    assert found["cup"].box == Box(left, top, right - left, bottom - top)
    assert ("kite" in found, "ring" in found) == (
        name not in WITHOUT_KITE,
        name not in WITHOUT_RING,
    )
    if "kite" in found:
        assert np.array_equal(found["kite"].mask, kite())
    if "ring" in found:
        overlap = (found["ring"].mask & mask()).sum() / (found["ring"].mask | mask()).sum()
        # FiftyOne writes masks as polygons, whose corners are at pixels' centers.
        assert overlap == 1 if name not in WITHOUT_KITE else overlap > 0.6


def test_what_is_left_out_is_noted():
    notes: list[str] = []
    read("labelme.json", notes)
    read("datumaro_coco.json", notes)
    assert "shape 4 is left out: a point has no area" in notes[0]
    assert "1 annotations are left out, because they are crowds" in notes[1]
    assert len(notes) == 2


def test_a_zip_file_is_read_as_tools_export_it(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(EXPORTS / "cvat.xml", "annotations.xml")
        archive.writestr("images/cup.png", b"...")
    (picture,) = read_annotation_data(packed.getvalue(), "task.zip", print)
    assert picture.name == "photos/cup.png"
    assert [each.label for each in picture.objects] == ["cup", "kite", "ring"]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_export_is_one_line_that_names_the_file(name):
    whole = (EXPORTS / name).read_bytes()
    damaged = [whole[: len(whole) * part // 7] for part in range(1, 7)]
    damaged += [
        whole.replace(b"60", b"-1"),
        whole.replace(b"40", b'"x"'),
        whole.replace(b"[", b"{"),
    ]
    refused = 0
    for data in damaged:
        try:
            read_annotation_data(data, name, print)
        except NstError as error:
            refused += 1
            assert name in str(error)
            assert "\n" not in str(error)
    assert refused >= 7


def test_a_brush_that_claims_more_than_the_picture_has_is_refused():
    (task,) = json.loads((EXPORTS / "label_studio.json").read_text())
    for rle in ([255] * 40, [], [0, 0, 0, 9], "x"):
        task["annotations"][0]["result"][2]["value"]["rle"] = rle
        with pytest.raises(SidecarError, match="the brush's mask is damaged"):
            read_annotation_data(json.dumps([task]).encode(), "label_studio.json", print)


def test_entities_of_xml_are_refused_before_they_are_read():
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa">]><annotations>&a;</annotations>'
    with pytest.raises(SidecarError, match="has a document type"):
        read_annotation_data(bomb.encode(), "bomb.xml", print)


@pytest.mark.parametrize("text", ["[]", "{}", "3", "null", "<html/>", '{"shapes": 3}', ""])
def test_other_files_are_refused_with_what_can_be_read(text):
    with pytest.raises(SidecarError, match=r"other\.json"):
        read_annotation_data(text.encode(), "other.json", print)


def test_turned_boxes_and_ellipses_become_outlines():
    def area(shape: str) -> float:
        xml = (
            f'<annotations><image name="a.jpg" width="60" height="40">{shape}</image></annotations>'
        )
        (picture,) = read_annotation_data(xml.encode(), "a.xml", print)
        (found,) = picture.objects
        points = np.array(found.polygons[0], np.float32).reshape(-1, 2)
        assert np.allclose(points.mean(0), (30, 20), atol=0.01)
        return cv2.contourArea(points)

    box = '<box label="a" xtl="20" ytl="15" xbr="40" ybr="25" rotation="30"/>'
    assert area(box) == pytest.approx(200)
    ellipse = '<ellipse label="a" cx="30" cy="20" rx="10" ry="5" rotation="45"/>'
    assert area(ellipse) == pytest.approx(np.pi * 50, rel=0.01)
