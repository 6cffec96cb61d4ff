"""Exports of the dataset for YOLO and COCO trainers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from pycocotools import mask as coco_mask
from skimage import data
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish import export
from nst_pipeline.publish.coco import CocoAnnotation, CocoDataset, DatasetScene, join_scenes
from nst_pipeline.publish.dataset import dataset_tables
from nst_pipeline.publish.export import (
    Negative,
    composites_of,
    figures_csv,
    figures_table,
    negatives_of,
    write_export,
)
from nst_pipeline.publish.export.division import own_division
from nst_pipeline.publish.labels import LabeledComposite, SceneObject, label_composite
from nst_pipeline.publish.splits import side_of
from nst_pipeline.storage.sidecars.licenses import UNKNOWN
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Box

PHOTO = data.chelsea()
HEIGHT, WIDTH = PHOTO.shape[:2]
LABELS = ("fur", "사람")
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


def annotations_of(dataset: CocoDataset) -> list[CocoAnnotation]:
    return [each for _, labeled in dataset.entries() for each in labeled]


@pytest.fixture(scope="module")
def rows(dataset) -> pd.DataFrame:
    return pa.concat_tables(dataset_tables(dataset)).to_pandas()


@pytest.fixture
def artifacts(tmp_path: Path) -> UPath:
    folder = UPath(tmp_path / "artifacts")
    (folder / "harmonized").mkdir(parents=True)
    for key in "abc":
        (folder / f"harmonized/{key}.png").write_bytes(encode_png(PHOTO))
    return folder


@pytest.fixture
def pictures(rows, artifacts) -> list[export.ExportPicture]:
    """The composites of the dataset's own splits: a in train, b in val."""

    def locate(file_name: str) -> UPath:
        return artifacts / file_name.removeprefix("../")

    return [*composites_of(rows, own_division(rows).parts, locate)]


@pytest.fixture
def with_negative(pictures) -> list[export.ExportPicture]:
    """The same, with a scene without objects in train."""
    scene = Negative(
        "d", "digest", "d.jpg", lambda: (WIDTH, HEIGHT), lambda: encode_png(PHOTO), True
    )
    sides = {"digest": "train"}
    return pictures + negatives_of([scene], pictures, sides, {"train": 0.5, "val": 0.5}, 0.5)


def yolo_files(pictures, **options):
    """List the files of a YOLO export with the dataset's labels."""
    return export.yolo_files(pictures, LABELS, **options)


def test_yolo_boxes_equal_the_coco_boxes(dataset, rows, pictures, tmp_path):
    write_export(tmp_path / "yolo", yolo_files(pictures))
    boxes = np.loadtxt(tmp_path / "yolo/labels/train/a.txt")
    expected = annotations_of(dataset)[:2]
    for (category, *box), each in zip(boxes, expected, strict=True):
        x, y, width, height = np.array(box) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
        found = [x - width / 2, y - height / 2, width, height]
        assert category == each.category_id - 1
        assert found == pytest.approx(each.bbox, abs=0.001)


@pytest.mark.slow
def test_yolo_outlines_cover_the_coco_masks(dataset, rows, pictures, tmp_path):
    write_export(tmp_path / "yolo", yolo_files(pictures, segments=True))
    lines = (tmp_path / "yolo/labels/train/a.txt").read_text().splitlines()
    for line, each in zip(lines, annotations_of(dataset), strict=False):
        corners = np.array(line.split()[1:], float).reshape(-1, 2) * (WIDTH, HEIGHT)
        drawn = coco_mask.frPyObjects([corners.ravel().tolist()], HEIGHT, WIDTH)
        assert coco_mask.iou(drawn, [each.rle.model_dump()], [0])[0, 0] > 0.99


def test_a_yolo_export_has_labels_beside_images_and_the_category_names(rows, pictures, tmp_path):
    folder = tmp_path / "yolo"
    write_export(folder, yolo_files(pictures))
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


def test_a_mixed_image_is_in_no_split_of_the_dataset(rows, pictures):
    assert rows[rows.scene == "c"].split.unique().tolist() == ["mixed"]
    assert [(each.name, each.part) for each in pictures] == [("a", "train"), ("b", "val")]


def test_a_coco_export_has_a_file_for_each_split(dataset, rows, pictures, tmp_path):
    write_export(tmp_path / "coco", export.coco_files(dataset, pictures), copy=True)
    val = json.loads((tmp_path / "coco/annotations/instances_val.json").read_text("utf-8"))
    assert [image["file_name"] for image in val["images"]] == ["b.png"]
    assert {each["image_id"] for each in val["annotations"]} == {val["images"][0]["id"]}
    assert val["categories"] == [each.model_dump() for each in dataset.categories]
    assert (tmp_path / "coco/val/b.png").stat().st_nlink == 1


def test_coco_ids_follow_a_list_of_labels(dataset):
    described = export.renumbered(dataset, ["zebra", *LABELS[::-1]])
    names = {each.id: each.name for each in described.categories}
    assert names == {1: "zebra", 2: "사람", 3: "fur"}
    before = {each.id: each.name for each in dataset.categories}
    assert [names[each.category_id] for each in annotations_of(described)] == [
        before[each.category_id] for each in annotations_of(dataset)
    ]


def test_a_second_export_writes_only_what_changed(rows, pictures, artifacts, tmp_path):
    files = yolo_files(pictures)
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


def test_files_that_no_export_wrote_are_neither_overwritten_nor_removed(rows, pictures, tmp_path):
    folder, files = tmp_path / "out", yolo_files(pictures)
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


def test_an_export_resumes_after_it_was_killed(rows, pictures, tmp_path):
    files = yolo_files(pictures)
    write_export(tmp_path / "out", files)
    (tmp_path / "out/.nst-export.json").unlink()
    (tmp_path / "out/images/train/a.png").unlink()
    assert write_export(tmp_path / "out", files).written == 1


def test_a_missing_artifact_is_named(rows, pictures, artifacts, tmp_path):
    (artifacts / "harmonized/a.png").unlink()
    with pytest.raises(NstError, match=r"a\.png was deleted"):
        write_export(tmp_path / "out", yolo_files(pictures))


def test_images_can_come_from_an_object_store(rows, tmp_path):
    store = UPath("memory://nst-export-test/harmonized")
    for key in "ab":
        (store / f"{key}.png").write_bytes(encode_png(PHOTO))
    parts = own_division(rows).parts
    pictures = [*composites_of(rows, parts, lambda name: store / name.rpartition("/")[2])]
    files = yolo_files(pictures)
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
def test_a_damaged_manifest_is_named(rows, pictures, tmp_path, content):
    write_export(tmp_path / "out", yolo_files(pictures))
    (tmp_path / "out/.nst-export.json").write_text(content)
    with pytest.raises(NstError, match=r"\.nst-export\.json is damaged"):
        write_export(tmp_path / "out", yolo_files(pictures))


def test_the_figures_say_which_pictures_are_left_out(rows):
    lines = figures_csv(rows, own_division(rows).parts).decode().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["train", "val", "left out"]


def test_a_picture_without_objects_has_no_labels(with_negative, tmp_path):
    write_export(tmp_path / "out", yolo_files(with_negative))
    assert (tmp_path / "out/labels/train/d-scene.txt").read_bytes() == b""
    assert (tmp_path / "out/images/train/d-scene.png").read_bytes() == encode_png(PHOTO)


def test_without_a_split_yolo_validates_on_the_training_pictures(pictures, tmp_path):
    train = [each for each in pictures if each.part == "train"]
    described = yaml.safe_load(yolo_files(train)["data.yaml"])
    assert (described["train"], described["val"]) == ("images/train", "images/train")


def test_what_is_rendered_is_made_again_only_if_its_source_changed(with_negative, tmp_path):
    files = export.voc_files(with_negative)
    assert write_export(tmp_path / "out", files).written == len(files)
    assert write_export(tmp_path / "out", files).written == 0
    picture = tmp_path / "out/VOCdevkit/VOC2012/JPEGImages/a.jpg"
    first = picture.read_bytes()
    assert isinstance(with_negative[0].artifact, UPath)
    with_negative[0].artifact.write_bytes(encode_png(PHOTO[::-1]))
    assert write_export(tmp_path / "out", files).written == 1
    assert picture.read_bytes() != first
    picture.write_bytes(b"mine")
    with pytest.raises(NstError, match=r"a\.jpg is in the way"):
        write_export(tmp_path / "out", files)
