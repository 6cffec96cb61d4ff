"""Each format is read back by the program that people read it with."""

import io
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from nst_pipeline.publish import export
from tests.publish.test_export import (
    HEIGHT,
    LABELS,
    PHOTO,
    WIDTH,
    artifacts,
    dataset,
    pictures,
    rows,
    with_negative,
)

__all__ = ["artifacts", "dataset", "pictures", "rows", "with_negative"]
"""Fixtures: two composites, and a scene without objects."""


@pytest.fixture
def boxes(dataset) -> list[list[float]]:
    """The boxes of the composite in train."""
    return [list(each.bbox) for each in next(dataset.entries()).annotations]


def test_pycocotools_reads_boxes_and_masks(dataset, with_negative, boxes, tmp_path):
    export.write_export(tmp_path, export.coco_files(dataset, with_negative))
    coco = COCO(tmp_path / "annotations/instances_train.json")
    (image,) = coco.loadImgs(coco.getImgIds(catIds=coco.getCatIds(["fur"])))
    found = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
    assert [each["bbox"] for each in found] == boxes
    for each in found:
        drawn, exact = coco.annToMask(each), coco_mask.decode(each["rle"])
        assert drawn.shape == (HEIGHT, WIDTH) and (drawn != exact).mean() < 0.001
    named = {each["file_name"]: each["id"] for each in coco.loadImgs(coco.getImgIds())}
    assert set(named) == {"a.png", "d-scene.png"}
    assert coco.getAnnIds(imgIds=named["d-scene.png"]) == []
    for name in named:
        assert np.array_equal(np.asarray(Image.open(tmp_path / "train" / name)), PHOTO)


@pytest.mark.slow
def test_hugging_faces_datasets_reads_the_folder(with_negative, boxes, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "hf"
    export.write_export(folder, export.hugging_face_files(with_negative))
    read = datasets.load_dataset(
        "imagefolder", data_dir=str(folder), cache_dir=str(tmp_path / "cache")
    )
    assert {part: len(each) for part, each in read.items()} == {"train": 2, "validation": 1}
    first, negative = sorted(read["train"], key=lambda each: not each["objects"]["label"])
    assert np.array_equal(np.asarray(first["image"]), PHOTO)
    assert first["objects"]["bbox"] == boxes
    assert [LABELS[each] for each in first["objects"]["category"]] == first["objects"]["label"]
    assert first["naturalness"] == 0.7 and negative["objects"]["bbox"] == []
    outline = first["objects"]["segmentation"][1]
    drawn = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(outline, HEIGHT, WIDTH)))
    assert drawn.sum() == first["objects"]["area"][1]


@pytest.mark.slow
def test_webdataset_reads_the_shards(with_negative, boxes, tmp_path, monkeypatch):
    webdataset = pytest.importorskip("webdataset")
    monkeypatch.setattr("nst_pipeline.publish.export.webdataset.SHARD_PICTURES", 1)
    export.write_export(tmp_path, export.webdataset_files(with_negative))
    shards = sorted(map(str, tmp_path.glob("train-*.tar")))
    assert len(shards) == 2
    read = webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8").to_tuple("png", "json")
    (picture, labels), (other, nothing) = read
    assert np.array_equal(picture, PHOTO) and np.array_equal(other, PHOTO)
    assert [each["bbox"] for each in labels["objects"]] == boxes
    assert nothing["objects"] == []
    exact = coco_mask.decode(labels["objects"][0]["rle"])
    assert exact.sum() == labels["objects"][0]["area"]


def test_equal_pictures_give_equal_shards(with_negative, tmp_path):
    for name in ("one", "two"):
        files = export.webdataset_files(with_negative)
        export.write_export(tmp_path / name, files)
    one, two = (tmp_path / name / "train-000000.tar" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def _voc_boxes(folder: Path, name: str) -> list[tuple[str, list[int]]]:
    """Read an annotation as torchvision's VOCDetection and its users do."""
    root = Xml.parse(folder / f"Annotations/{name}.xml").getroot()
    sides = ("xmin", "ymin", "xmax", "ymax")
    return [
        (each.findtext("name"), [int(each.findtext(f"bndbox/{side}")) for side in sides])
        for each in root.iter("object")
    ]


def test_a_voc_folder_has_what_its_readers_look_for(with_negative, boxes, tmp_path):
    export.write_export(tmp_path, export.voc_files(with_negative))
    folder = tmp_path / "VOCdevkit/VOC2012"
    names = (folder / "ImageSets/Main/train.txt").read_text().split()
    assert names == ["a", "d-scene"]
    assert (folder / "ImageSets/Main/trainval.txt").read_text().split() == ["a", "b", "d-scene"]
    expected = [[x + 1, y + 1, x + width, y + height] for x, y, width, height in boxes]
    assert _voc_boxes(folder, "a") == list(zip(LABELS, expected, strict=True))
    assert _voc_boxes(folder, "d-scene") == []
    picture = Image.open(io.BytesIO((folder / "JPEGImages/a.jpg").read_bytes()))
    assert picture.format == "JPEG" and picture.size == (WIDTH, HEIGHT)
    assert np.abs(np.asarray(picture).astype(int) - PHOTO).mean() < 2
    root = Xml.parse(folder / "Annotations/a.xml").getroot()
    assert root.findtext("filename") == "a.jpg" and root.findtext("size/width") == str(WIDTH)
