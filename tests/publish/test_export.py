"""Exports of the dataset for YOLO and COCO trainers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pycocotools import mask as coco_mask
from skimage import data
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish.coco import CocoDataset, DatasetScene, join_scenes
from nst_pipeline.publish.dataset import dataset_table
from nst_pipeline.publish.export import coco_files, figures_table, write_export, yolo_files
from nst_pipeline.publish.labels import LabeledComposite, SceneObject, label_composite
from nst_pipeline.publish.splits import side_of
from nst_pipeline.storage.sidecars.licenses import UNKNOWN
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Box

PHOTO = data.chelsea()
HEIGHT, WIDTH = PHOTO.shape[:2]
PHOTOS = {side_of(name): name for name in map(str, range(99))}


def scene(key: str, side: str, object_side: str = "") -> DatasetScene:
    """A scene with a ragged object of two parts and a plain one."""
    ragged = (PHOTO[..., 0] > 150).astype(np.float32)
    ragged[:, :60] = 0
    plain = np.zeros((HEIGHT, WIDTH), np.float32)
    plain[10:50, 5:45] = 1
    digest = PHOTOS[object_side or side]
    objects = (
        SceneObject("fur", ragged, Box(60, 0, 391, 300), "fur.0", "fur.jpg", digest),
        SceneObject("사람", plain, Box(5, 10, 40, 40), source="scene", outline="box"),
    )
    labels = label_composite(
        LabeledComposite(
            key, f"../harmonized/{key}.png", WIDTH, HEIGHT, f"{key}.jpg", PHOTOS[side], objects
        )
    )
    return DatasetScene(
        labels.image,
        labels.annotations,
        chosen="ring",
        color_fit={"ring": 0.4, "untouched": 0.1},
        naturalness=0.7,
        license=UNKNOWN,
        object_licenses=(UNKNOWN,) * len(labels.annotations),
    )


@pytest.fixture(scope="module")
def dataset() -> CocoDataset:
    scenes = [scene("a", "train"), scene("b", "val"), scene("c", "train", "test")]
    return join_scenes(scenes)


@pytest.fixture(scope="module")
def rows(dataset) -> pd.DataFrame:
    return dataset_table(dataset).to_pandas()


@pytest.fixture
def artifacts(tmp_path: Path) -> UPath:
    folder = UPath(tmp_path / "artifacts")
    (folder / "harmonized").mkdir(parents=True)
    for key in "abc":
        (folder / f"harmonized/{key}.png").write_bytes(encode_png(PHOTO))
    return folder


@pytest.fixture
def locate(artifacts):
    return lambda file_name: artifacts / file_name.removeprefix("../")


def test_yolo_boxes_equal_the_coco_boxes(dataset, rows, locate, tmp_path):
    write_export(tmp_path / "yolo", yolo_files(rows, locate))
    boxes = np.loadtxt(tmp_path / "yolo/labels/train/a.txt")
    expected = [each for each in dataset.annotations if each.image_id == 1]
    for (category, *box), each in zip(boxes, expected, strict=True):
        x, y, width, height = np.array(box) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
        found = [x - width / 2, y - height / 2, width, height]
        assert category == each.category_id - 1
        assert found == pytest.approx(each.bbox, abs=0.001)


@pytest.mark.slow
def test_yolo_outlines_cover_the_coco_masks(dataset, rows, locate, tmp_path):
    write_export(tmp_path / "yolo", yolo_files(rows, locate, segments=True))
    lines = (tmp_path / "yolo/labels/train/a.txt").read_text().splitlines()
    for line, each in zip(lines, dataset.annotations, strict=False):
        corners = np.array(line.split()[1:], float).reshape(-1, 2) * (WIDTH, HEIGHT)
        drawn = coco_mask.frPyObjects([corners.ravel().tolist()], HEIGHT, WIDTH)
        assert coco_mask.iou(drawn, [each.rle.model_dump()], [0])[0, 0] > 0.99


def test_a_yolo_export_has_labels_beside_images_and_the_category_names(rows, locate, tmp_path):
    folder = tmp_path / "yolo"
    write_export(folder, yolo_files(rows, locate))
    described = yaml.safe_load((folder / "data.yaml").read_text("utf-8"))
    assert described == {
        "train": "images/train",
        "val": "images/val",
        "names": {0: "fur", 1: "사람"},
    }
    for side in ("train", "val"):
        pictures = {path.stem for path in (folder / "images" / side).iterdir()}
        assert pictures == {path.stem for path in (folder / "labels" / side).iterdir()}
    assert (folder / "images/train/a.png").stat().st_nlink == 2


def test_a_mixed_image_is_in_no_split(rows, locate):
    assert rows[rows.scene == "c"].split.unique().tolist() == ["mixed"]
    assert not [name for name in yolo_files(rows, locate) if "c." in name.rpartition("/")[2][:2]]


def test_a_coco_export_has_a_file_for_each_split(dataset, rows, locate, tmp_path):
    write_export(tmp_path / "coco", coco_files(dataset, rows, locate), copy=True)
    val = json.loads((tmp_path / "coco/annotations/instances_val.json").read_text("utf-8"))
    assert [image["file_name"] for image in val["images"]] == ["b.png"]
    assert {each["image_id"] for each in val["annotations"]} == {val["images"][0]["id"]}
    assert val["categories"] == [each.model_dump() for each in dataset.categories]
    assert (tmp_path / "coco/val/b.png").stat().st_nlink == 1


def test_a_second_export_writes_only_what_changed(rows, locate, artifacts, tmp_path):
    files = yolo_files(rows, locate)
    assert write_export(tmp_path / "out", files).written == len(files)
    assert write_export(tmp_path / "out", files).written == 0
    remade = artifacts / "harmonized/a.png"
    remade.unlink()
    remade.write_bytes(encode_png(PHOTO[::-1]))
    again = write_export(tmp_path / "out", files)
    assert (again.written, again.kept) == (1, len(files) - 1)
    fewer = {name: content for name, content in files.items() if "b." not in name}
    assert write_export(tmp_path / "out", fewer).removed == 2
    assert not (tmp_path / "out/images/val").exists()


def test_files_that_no_export_wrote_are_neither_overwritten_nor_removed(rows, locate, tmp_path):
    folder, files = tmp_path / "out", yolo_files(rows, locate)
    mine = folder / "labels/train/a.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("drawn by hand")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(NstError, match=r"a\.txt is in the way"):
        write_export(folder, files)
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"a.txt", "notes.txt"}
    mine.unlink()
    write_export(folder, files)
    (folder / "data.yaml").write_text("names: [other]")
    with pytest.raises(NstError, match=r"data\.yaml is in the way"):
        write_export(folder, {**files, "data.yaml": b"names: []"})
    write_export(folder, {})
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        "notes.txt",
        "data.yaml",
        ".nst-export.json",
    }


def test_an_export_resumes_after_it_was_killed(rows, locate, tmp_path):
    files = yolo_files(rows, locate)
    write_export(tmp_path / "out", files)
    (tmp_path / "out/.nst-export.json").unlink()
    (tmp_path / "out/images/train/a.png").unlink()
    assert write_export(tmp_path / "out", files).written == 1


def test_a_missing_artifact_is_named(rows, locate, artifacts, tmp_path):
    (artifacts / "harmonized/a.png").unlink()
    with pytest.raises(NstError, match=r"a\.png was deleted"):
        write_export(tmp_path / "out", yolo_files(rows, locate))


def test_images_can_come_from_an_object_store(rows, tmp_path):
    store = UPath("memory://nst-export-test/harmonized")
    for key in "ab":
        (store / f"{key}.png").write_bytes(encode_png(PHOTO))
    files = yolo_files(rows, lambda file_name: store / file_name.rpartition("/")[2])
    write_export(tmp_path / "out", files)
    assert (tmp_path / "out/images/val/b.png").read_bytes() == encode_png(PHOTO)
    assert write_export(tmp_path / "out", files).written == 0


def test_figures_are_listed_as_a_table(rows):
    table = figures_table(rows)
    assert list(table.scene) == ["a", "b", "c"]
    assert table.color_fit_ring.tolist() == [0.4] * 3
    assert table.naturalness.tolist() == [0.7] * 3
    assert table.chosen.unique().tolist() == ["ring"]


@pytest.mark.parametrize("content", ["{", "[1]", "7"])
def test_a_damaged_manifest_is_named(rows, locate, tmp_path, content):
    write_export(tmp_path / "out", yolo_files(rows, locate))
    (tmp_path / "out/.nst-export.json").write_text(content)
    with pytest.raises(NstError, match=r"\.nst-export\.json is damaged"):
        write_export(tmp_path / "out", yolo_files(rows, locate))
